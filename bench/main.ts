import { inspect } from 'node:util'
import { Command, InvalidArgumentError, Option } from 'commander'
import { stopAll } from '../test/engines/registry.ts'
import { benchIntake } from './intake.ts'
import { benchLoad } from './load.ts'
import { benchReads } from './reads.ts'
import { keepResults, tableOf } from './report.ts'
import { openStand, standNames } from './stand.ts'
import type { Figure } from './measure.ts'
import type { Result } from './report.ts'
import type { Bench, StandName, StandOptions } from './stand.ts'

// The order counts: the loader's bench wants an empty log, and the reads want a full store.
const benches: readonly Bench[] = [benchLoad, benchReads, benchIntake]

async function measure(name: StandName, options: StandOptions): Promise<Result | string> {
  const stand = await openStand(name, options)
  if (typeof stand === 'string') return stand
  await using _ = stand
  const figures: Figure[] = []
  for (const bench of benches) figures.push(...(await bench(stand)))
  return { engines: name, figures }
}

function positive(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('must be a number above 0')
}

interface Options {
  readonly only?: StandName
  readonly seconds: number
  readonly rounds: number
}

const { only, seconds, rounds } = new Command('bench')
  .description('measure Vitrine, as ratios to ceilings of the same run')
  .addOption(new Option('--only <engines>', 'measure on these engines alone').choices(standNames))
  .option('--seconds <n>', 'how long each measurement takes', positive, 1)
  .option('--rounds <n>', 'how often each pair is measured', positive, 5)
  .parse()
  .opts<Options>()

const began = performance.now()
const tell = (text: string) =>
  void process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}\n`)

const results: Result[] = []
for (const name of only ? [only] : standNames) {
  try {
    const result = await measure(name, { seconds, rounds, tell })
    if (typeof result === 'string') tell(`SKIPPED ${name}: ${result}`)
    else results.push(result)
  } catch (error) {
    // What the other engines showed is kept.
    process.stderr.write(`${name} could not be measured: ${inspect(error)}\n`)
    process.exitCode = 1
  }
}
await stopAll({ keepFolders: false })
if (results.length > 0) {
  const file = await keepResults(results, new Date())
  process.stdout.write(`\n${tableOf(results)}\n\nAll rounds: ${file}\n`)
}
