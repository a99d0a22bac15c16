import { Command } from 'commander'
import { overviewOf } from '#internal/etlschedule/cli/overview.ts'
import { listSchedules, readSchedule, setSuspend } from '#internal/etlschedule/cli/schedules.ts'
import { renderRuns, renderSchedules } from '#internal/etlschedule/cli/tables.ts'
import { parseWithoutSpec } from '#internal/etlschedule/resource/etl-schedule.ts'
import { addClusterOptions, addNamespaceOption, onCluster } from './cluster.ts'
import { renderCommand } from './schedule-render.ts'
import { scheduleRunCommand } from './schedule-run.ts'
import type { Schedules } from '#internal/etlschedule/cli/schedules.ts'
import type { ClusterChoice } from './cluster.ts'

interface Options extends ClusterChoice {
  readonly json: boolean
}

/** `vitrine schedule …`: the EtlSchedules of a cluster, for people. */
export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('EtlSchedules in a Kubernetes cluster: how they stand, run now, suspend, resume')
    .addCommand(
      clusterCommand('list', 'how all EtlSchedules of a namespace stand').action((options: Options) =>
        onCluster(options, schedules => list(schedules, options)),
      ),
    )
    .addCommand(namedCommand('runs', 'the newest runs of an EtlSchedule', listRuns))
    .addCommand(scheduleRunCommand())
    .addCommand(
      namedCommand('suspend', 'let its schedule start no more runs; one under way goes on', suspend(true)),
    )
    .addCommand(namedCommand('resume', 'let its schedule start runs again', suspend(false)))
    .addCommand(renderCommand())
    .addHelpText(
      'after',
      `
Examples:
  vitrine schedule list -n shop
  vitrine schedule run orders --wait
  vitrine schedule render etl.yaml | kubectl diff -f -`,
    )
}

function clusterCommand(name: string, description: string): Command {
  const command = new Command(name)
    .description(description)
    .option('--json', 'print JSON for programs instead', false)
  return addClusterOptions(addNamespaceOption(command))
}

type Work = (schedules: Schedules, name: string, options: Options) => Promise<number>

function namedCommand(command: string, description: string, work: Work): Command {
  return clusterCommand(command, description)
    .argument('<name>', 'the EtlSchedule')
    .action((name: string, options: Options) =>
      onCluster(options, schedules => work(schedules, name, options)),
    )
}

async function list(schedules: Schedules, { json }: Options): Promise<number> {
  const overviews = (await listSchedules(schedules)).map(overviewOf)
  if (json) return print(JSON.stringify({ items: overviews }))
  if (overviews.length > 0) return print(renderSchedules(overviews, view()))
  process.stderr.write(`No EtlSchedules in the namespace ${schedules.namespace}.\n`)
  return 0
}

async function listRuns(schedules: Schedules, name: string, { json }: Options): Promise<number> {
  const { recentRuns } = parseWithoutSpec(await readSchedule(schedules, name)).status
  if (json) return print(JSON.stringify({ items: recentRuns }))
  if (recentRuns.length > 0) return print(renderRuns(recentRuns, view()))
  process.stderr.write(`${name} has had no run yet.\n`)
  return 0
}

function suspend(suspended: boolean): Work {
  return async (schedules, name, { json }) => {
    const { namespace } = schedules
    const changed = await setSuspend(schedules, name, suspended)
    if (json) return print(JSON.stringify({ name, namespace, suspended, changed }))
    return print(
      suspended
        ? `${name} is suspended${changed ? '' : ' already'}: its schedule starts no runs. One under way goes on.`
        : `${name} is not suspended${changed ? ' any more' : ''}: its schedule starts runs.`,
    )
  }
}

/** Prints, and ends well. */
function print(text: string): number {
  process.stdout.write(`${text}\n`)
  return 0
}

/** A terminal gets what fits it; a file or another program gets all. */
function view(): { now: number; width: number } {
  return { now: Date.now(), width: process.stdout.isTTY ? process.stdout.columns : Infinity }
}
