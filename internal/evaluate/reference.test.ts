import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { createCoVisitation } from './co-visitation.ts'
import { evaluate } from './evaluation.ts'
import { createPopularity } from './popularity.ts'
import { drained, materialOf } from './test-support.ts'
import { createVitrineMethod } from './vitrine.ts'
import { createVmisKnn } from './vmis-knn.ts'
import type { Look } from './test-support.ts'

const folder = new URL('../../../shared/data/', import.meta.url)

/** A user each session; those of the test part are asked about. */
function looksOf(set: string): Look[] {
  return (['train', 'test'] as const).flatMap(part =>
    gunzipSync(readFileSync(new URL(`${set}/${part}.csv.gz`, folder)))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map((line): Look => {
        const [session = '', item = '', seconds = ''] = line.split(',')
        return [`${part === 'test' ? 'T' : 't'}${session}`, item, Number(seconds) / 60]
      }),
  )
}

/** By another implementation, under the literature's protocol: hit rate, MRR, coverage, Gini. Popularity leaves the current product out. */
const expected: Readonly<Record<string, readonly (readonly [number, number, number, number])[]>> = {
  toy: [
    [0.0107, 0.0022, 0.001, 0.999],
    [0.5994, 0.2916, 0.258, 0.882],
    [0.666, 0.3378, 0.274, 0.877],
  ],
  'eshop-spring': [
    [0.2379, 0.0545, 0.097, 0.907],
    [0.5938, 0.1941, 1, 0.422],
    [0.5823, 0.1421, 0.977, 0.588],
  ],
}

/** What Vitrine promises, with one set of defaults: hit rate and MRR. */
const atLeast: Readonly<Record<string, readonly [number, number]>> = {
  toy: [0.665, 0.375],
  'eshop-spring': [0.65, 0.238],
}

describe('figures on real clicks', function () {
  this.timeout(240_000)
  const gapMs = Infinity
  const methods = [createPopularity, () => createCoVisitation({ gapMs }), () => createVmisKnn({ gapMs })]

  it('are known for each of the three methods', () => {
    for (const figures of Object.values(expected)) expect(figures).to.have.length(methods.length)
  })

  for (const [set, figures] of Object.entries(expected)) {
    if (!existsSync(new URL(set, folder))) continue
    it(`equal those of an independent implementation within 0.001 on ${set}`, () => {
      const options = { limit: 20, unknown: 'skip', excludeSeen: false, learn: false } as const
      const result = drained(evaluate(materialOf(looksOf(set), gapMs), methods, options, () => 0))
      result.methods.forEach(({ name, hitRate, mrr, coverage, popularity }, index) => {
        const found = [hitRate.value, mrr.value, coverage, popularity.gini]
        found.forEach((value, measure) => {
          expect(value, `${name}, measure ${measure}`).to.be.closeTo(figures[index]?.[measure] ?? NaN, 0.001)
        })
      })
    })

    it(`of Vitrine, learning live, are at least what it promises on ${set}`, () => {
      const options = { limit: 20, unknown: 'count', excludeSeen: false, learn: true } as const
      const material = materialOf(looksOf(set), gapMs)
      const [vitrine] = drained(evaluate(material, [createVitrineMethod], options, () => 0)).methods
      const [hitRate, mrr] = atLeast[set] ?? []
      expect(vitrine?.hitRate.value).to.be.at.least(hitRate ?? NaN)
      expect(vitrine?.mrr.value).to.be.at.least(mrr ?? NaN)
      const [, , [, , coverage, gini] = []] = figures
      expect(vitrine?.coverage).to.be.at.least((coverage ?? NaN) - 0.02)
      expect(vitrine?.popularity.gini).to.be.at.most((gini ?? NaN) + 0.02)
      expect(vitrine?.lists).to.deep.equal({ short: 0, empty: 0, repeated: 0, forbidden: 0 })
    })
  }
})
