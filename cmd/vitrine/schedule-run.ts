import { Command } from 'commander'
import { untilEnded, untilTaken } from '#internal/etlschedule/cli/follow-run.ts'
import { requestRun } from '#internal/etlschedule/cli/schedules.ts'
import { sayRun } from '#internal/etlschedule/cli/tables.ts'
import { requestedJobName } from '#internal/etlschedule/objects/requested-job.ts'
import { openProgress } from '../shared/progress.ts'
import { addClusterOptions, addNamespaceOption, onCluster } from './cluster.ts'
import type { Schedules } from '#internal/etlschedule/cli/schedules.ts'
import type { RunResult } from '#internal/etlschedule/resource/status.ts'
import type { ClusterChoice } from './cluster.ts'

interface RunOptions extends ClusterChoice {
  readonly wait: boolean
  readonly allowRefused: boolean
  readonly json: boolean
}

/** A controller that runs sees a request at once; one that was started just now has a Lease to wait for. */
const takenWithinMs = 10_000
/** A Job is ended after its activeDeadlineSeconds; then its pod has its own time to go, and the controller to tell. */
const graceMs = 120_000
const lookEveryMs = 500

/** `vitrine run` ends with the same codes. */
const exitCodes: Readonly<Record<RunResult, number>> = {
  Succeeded: 0,
  Skipped: 0,
  Running: 1,
  Failed: 1,
  Refused: 2,
}

/** `vitrine schedule run`: one run now, also while the schedule is suspended. */
export function scheduleRunCommand(): Command {
  const command = new Command('run')
    .description("start a run now, also while suspended; prints its Job's name")
    .argument('<name>', 'the EtlSchedule')
    .option('--wait', 'follow the run to its end', false)
    .option('--allow-refused', 'let this run past the guard, once', false)
    .option('--json', 'print JSON for programs instead', false)
    .addHelpText(
      'after',
      `
Exit code 0: started; with --wait: done or skipped, 1: failed, or no controller took up the request,
2: refused by the guard.`,
    )
    .action((name: string, options: RunOptions) =>
      onCluster(options, (schedules, opened) => runNow(schedules, name, options, opened)),
    )
  return addClusterOptions(addNamespaceOption(command))
}

async function runNow(
  schedules: Schedules,
  name: string,
  { wait, allowRefused, json }: RunOptions,
  opened: AsyncDisposableStack,
): Promise<number> {
  const print = (text: string) => process.stdout.write(`${text}\n`)
  const { schedule, request, joined } = await requestRun(schedules, name, { allowRefused })
  const job = requestedJobName(schedule, request)
  const { namespace } = schedule.metadata
  if (joined) process.stderr.write(`A run was asked for already (${request}) and is waited for.\n`)
  const following = { name, request, job, everyMs: lookEveryMs }
  await untilTaken(schedules, { ...following, limitMs: takenWithinMs })
  if (!wait) {
    print(json ? JSON.stringify({ name, namespace, job, request }) : job)
    return 0
  }

  if (!json) print(job)
  const progress = opened.use(openProgress())
  const limitMs = schedule.spec.activeDeadlineSeconds * 1_000 + graceMs
  const run = await untilEnded(schedules, { ...following, limitMs }, seen =>
    progress.say(seen ? sayRun(seen, Date.now()) : 'waiting for its Job'),
  ).catch((error: unknown) => {
    progress.end()
    if (schedules.signal.aborted) process.stderr.write(`The run goes on: vitrine schedule runs ${name}\n`)
    throw error
  })
  progress.end()
  print(json ? JSON.stringify({ name, namespace, job, request, run }) : sayRun(run, Date.now()))
  return exitCodes[run.result]
}
