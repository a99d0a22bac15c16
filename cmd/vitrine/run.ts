import { Command } from 'commander'
import { explain } from '#internal/process/run.ts'
import { version } from '../shared/service.ts'
import { checkCommand } from './check.ts'
import { crdsCommand } from './crds.ts'
import { deadLettersCommand } from './dead-letters.ts'
import { evaluateCommand } from './evaluate.ts'
import { generateCommand } from './generate.ts'
import { initCommand } from './init.ts'
import { keysCommand } from './keys.ts'
import { rankerCommand } from './ranker.ts'
import { runCommand } from './run-pipeline.ts'
import { scheduleCommand } from './schedule.ts'
import { sendCommand } from './send.ts'
import { upCommand } from './up.ts'

const program = new Command('vitrine')
  .description('Real-time recommendations for shops: what should this visitor see next, and why.')
  .version(version)
  .showSuggestionAfterError()
  .showHelpAfterError('(vitrine --help lists the commands)')
  .addHelpText(
    'after',
    `
Examples:
  vitrine up                                    everything on this machine, with a demo shop
  vitrine send views.ndjson --url http://127.0.0.1:8080
  vitrine generate --users 1000 --views - > views.ndjson
  vitrine evaluate views.ndjson --html report.html

Settings of the engines are read from the environment: docs/configuration.md lists them.`,
  )

for (const command of [
  upCommand,
  initCommand,
  keysCommand,
  sendCommand,
  checkCommand,
  generateCommand,
  runCommand,
  scheduleCommand,
  crdsCommand,
  rankerCommand,
  evaluateCommand,
  deadLettersCommand,
]) {
  program.addCommand(command())
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exitCode = 1
}
