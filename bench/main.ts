import { inspect } from 'node:util'
import { Command, InvalidArgumentError, Option } from 'commander'
import { stopAll } from '../test/engines/registry.ts'
import { benchInProcess } from './in-process.ts'
import { benchIntake } from './intake.ts'
import { benchLive } from './live.ts'
import { benchLoad } from './load.ts'
import { benchReads } from './reads.ts'
import { benchRebuild } from './rebuild.ts'
import { keepResults, tablesOf } from './report.ts'
import { openStand, standNames } from './stand.ts'
import type { Finding } from './measure.ts'
import type { Result } from './report.ts'
import type { Bench, StandName, StandOptions } from './stand.ts'

// The order counts: the loader's bench wants an empty log, the reads want a full store, and the index is to hold what
// the last bench writes.
const benches = {
  load: benchLoad,
  reads: benchReads,
  intake: benchIntake,
  rebuild: benchRebuild,
  live: benchLive,
} as const satisfies Record<string, Bench>
const inProcess = 'in-process'
const benchNames = [inProcess, ...Object.keys(benches)]

async function measure(name: StandName, options: StandOptions): Promise<Result | string> {
  const stand = await openStand(name, options)
  if (typeof stand === 'string') return stand
  await using _ = stand
  const findings: Finding[] = []
  for (const [what, bench] of Object.entries(benches)) {
    if (chosen.has(what)) findings.push(...(await bench(stand)))
  }
  return { engines: name, findings }
}

function positive(text: string): number {
  const value = Number(text)
  if (value > 0) return value
  throw new InvalidArgumentError('must be a number above 0')
}

interface Options {
  readonly only?: StandName
  readonly what: readonly string[]
  readonly seconds: number
  readonly rounds: number
}

const { only, what, seconds, rounds } = new Command('bench')
  .description('measure Vitrine, as ratios to ceilings of the same run')
  .addOption(new Option('--only <engines>', 'measure on these engines alone').choices(standNames))
  .addOption(new Option('--what <benches...>', 'measure these alone').choices(benchNames).default(benchNames))
  .option('--seconds <n>', 'how long each measurement takes', positive, 1)
  .option('--rounds <n>', 'how often each pair is measured', positive, 5)
  .parse()
  .opts<Options>()

const began = performance.now()
const tell = (text: string) =>
  void process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(0).padStart(4)} s  ${text}\n`)

const chosen = new Set(what)
const results: Result[] = []
if (chosen.delete(inProcess)) {
  results.push({ engines: 'none', findings: await benchInProcess({ rounds, tell }) })
}
for (const name of chosen.size === 0 ? [] : only ? [only] : standNames) {
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
  process.stdout.write(`\n${tablesOf(results)}\n\nAll rounds: ${file}\n`)
}
