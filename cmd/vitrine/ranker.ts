import { Command } from 'commander'
import { z } from 'zod'
import { Misconfigured } from '#internal/errors/errors.ts'
import { describeWeights } from '#internal/recommend/ranker/describe.ts'
import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { runVitrineJob } from '../shared/job.ts'
import type { RankerStore, RankerWeights } from '#internal/recommend/ranker/store.ts'

const rankerSettings = z.object({ ...processSettings.shape, ...engineSettings.shape })

/** `vitrine ranker show|freeze|unfreeze`: what was learned, and the switch that stops learning. */
export function rankerCommand(): Command {
  return new Command('ranker')
    .description('what the ranker has learned from the views, and the switch that stops it')
    .addCommand(
      new Command('show')
        .description('print the newest weights in words, how they fare, and whether they are frozen')
        .option('--json', 'print JSON for programs instead')
        .action(({ json = false }: { json?: boolean }) => withRanker(ranker => show(ranker, json))),
    )
    .addCommand(
      new Command('freeze').description('leave the weights as they are from now on').action(() =>
        withRanker(async ranker => {
          await ranker.setFrozen(true)
          process.stderr.write('Frozen: the weights stay as they are until vitrine ranker unfreeze.\n')
        }),
      ),
    )
    .addCommand(
      new Command('unfreeze').description('let the weights learn again').action(() =>
        withRanker(async ranker => {
          await ranker.setFrozen(false)
          process.stderr.write('Not frozen: the weights learn from the views again.\n')
        }),
      ),
    )
}

const withRanker = (work: (ranker: RankerStore) => Promise<void>) =>
  runVitrineJob('ranker', rankerSettings, async ({ engines }) => {
    const problem = await engines.storeProblem()
    if (problem !== null) throw new Misconfigured(problem)
    await work(engines.ranker())
    return 0
  })

async function show(ranker: RankerStore, json: boolean): Promise<void> {
  const [newest, frozen] = [await ranker.newest(), await ranker.frozen()]
  process.stdout.write(json ? `${JSON.stringify(forPrograms(newest, frozen))}\n` : forPeople(newest, frozen))
}

function forPrograms(newest: RankerWeights | null, frozen: boolean): object {
  if (newest === null) return { version: null, frozen }
  const { version, publishedAt, lessons, scores } = newest
  const published = new Date(publishedAt).toISOString()
  return { version, frozen, publishedAt: published, lessons, scores, weights: describeWeights(newest) }
}

function forPeople(newest: RankerWeights | null, frozen: boolean): string {
  const head = [
    ['version', newest === null ? 'none yet: the first weights are in use' : String(newest.version)],
    ['frozen', frozen ? 'yes' : 'no'],
  ]
  if (newest === null) return table(head)
  head.push(
    ['published', new Date(newest.publishedAt).toISOString()],
    ['lessons', newest.lessons.toLocaleString('en-US')],
  )
  // The engines keep them in orders of their own.
  const scores = Object.entries(newest.scores)
    .map(([name, score]) => [name, String(score)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const weights = describeWeights(newest)
    .sort((a, b) => b.weight - a.weight)
    .map(({ words, weight }) => [words, weight.toFixed(2).padStart(6)])
  return [head, scores, weights]
    .filter(({ length }) => length > 0)
    .map(table)
    .join('\n')
}

function table(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([name = '']) => name.length)) + 2
  return rows.map(([name, value]) => `${`${name}:`.padEnd(width)}${value}\n`).join('')
}
