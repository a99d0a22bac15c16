import { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { InvalidInput } from '#internal/errors/errors.ts'
import { readScheduleFile } from '#internal/etlschedule/local/schedule-file.ts'
import { buildCronJob } from '#internal/etlschedule/objects/cron-job.ts'
import { parseRunDefaults, readRunDefaults } from '#internal/etlschedule/objects/run-defaults.ts'
import { runJob } from '#internal/process/run.ts'
import { version } from '../shared/service.ts'
import { unusable } from './send-files.ts'
import type { CronJob } from '#internal/etlschedule/objects/kubernetes.ts'

interface RenderOptions {
  readonly defaults?: string
  readonly namespace?: string
}

/** `vitrine schedule render`: what the controller would make of a file's EtlSchedules; asks no cluster. */
export function renderCommand(): Command {
  return new Command('render')
    .description('print the CronJobs that the EtlSchedules of a file would give; asks no cluster')
    .argument('<file>', 'manifests as kubectl apply takes them; - is standard input')
    .option(
      '--defaults <file>',
      "what all runs of an install share, as the controller's VITRINE_RUN_DEFAULTS",
    )
    .option('-n, --namespace <name>', 'namespace of EtlSchedules that name none')
    .addHelpText(
      'after',
      '\nExit code 0: printed, 1: a file could not be read, 2: something in it is refused.',
    )
    .action((file: string, options: RenderOptions) =>
      runJob(
        async () => {
          render(file, options)
          return 0
        },
        error => (error instanceof InvalidInput ? 2 : 1),
      ),
    )
}

function render(file: string, { defaults, namespace = '' }: RenderOptions): void {
  const { schedules, others } = read(file, text => readScheduleFile(text, { namespace }))
  const image = `vitrine:${version}`
  const runDefaults = defaults === undefined ? parseRunDefaults({ image }) : read(defaults, readRunDefaults)
  const cronJobs = schedules.map(schedule => unplaced(buildCronJob(schedule, runDefaults)))
  process.stdout.write(
    cronJobs.map(cronJob => stringify(cronJob, { aliasDuplicateObjects: false, lineWidth: 0 })).join('---\n'),
  )
  if (defaults === undefined) {
    process.stderr.write(
      `Without --defaults the image is ${image}, and the runs are told no addresses of engines.\n`,
    )
  }
  if (others.length > 0) process.stderr.write(`Left out, being no EtlSchedule: ${others.join(', ')}\n`)
}

/** What names no namespace is left to where it is applied. */
function unplaced(cronJob: CronJob): CronJob {
  const { namespace, ...metadata } = cronJob.metadata
  return namespace === '' ? { ...cronJob, metadata } : cronJob
}

/** Reads a file; what is wrong in it is told with its name. */
function read<T>(file: string, parse: (text: string) => T): T {
  const name = file === '-' ? 'standard input' : file
  try {
    return parse(readFileSync(file === '-' ? process.stdin.fd : file, 'utf8'))
  } catch (error) {
    if (error instanceof InvalidInput) throw new InvalidInput(`${name}: ${error.message}`, error.field)
    if (error instanceof Error && 'code' in error) throw unusable(error, `${name} can't be read`)
    throw error
  }
}
