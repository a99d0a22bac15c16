import { expect } from 'chai'
import fc from 'fast-check'
import { createCoVisitation } from './co-visitation.ts'
import { evaluate } from './evaluation.ts'
import { createPopularity } from './popularity.ts'
import { createVitrineMethod } from './vitrine.ts'
import { createVmisKnn } from './vmis-knn.ts'
import { asked, drained, materialOf, usual } from './test-support.ts'
import type { Method, Question } from './method.ts'
import type { Look } from './test-support.ts'

/** Answers the same for all, and remembers what it was told and asked. */
function recording(answer: readonly string[] = []) {
  const told: string[] = []
  const method: Method = {
    name: 'recording',
    observe: ({ userId, productId }) => told.push(`${userId} saw ${productId}`),
    recommend({ userId, visit }) {
      told.push(`${userId} after ${visit.join(' ')}?`)
      return [...answer]
    },
    settle: () => told.push('settled'),
  }
  return { method, told }
}

const looks: Look[] = [
  ['ann', 'lamp', 0],
  ['ann', 'rug', 1],
  ['Zoe', 'lamp', 2],
  ['bob', 'rug', 3],
  ['Zoe', 'sofa', 4],
  ['Zoe', 'rug', 5],
]

describe('the protocol', () => {
  it('asks before it shows, in order of time, and never about the first view of a visit', () => {
    const { method, told } = recording()
    asked(method, materialOf(looks))
    expect(told).to.deep.equal([
      'ann saw lamp',
      'ann saw rug',
      'Zoe saw lamp',
      'bob saw rug',
      'Zoe after lamp?',
      'Zoe saw sofa',
      'Zoe after lamp sofa?',
      'Zoe saw rug',
    ])
  })

  it('shows all of the past first and nothing of what is asked about when it does not learn', () => {
    const { method, told } = recording()
    asked(method, materialOf(looks), { learn: false })
    expect(told).to.deep.equal([
      'ann saw lamp',
      'ann saw rug',
      'bob saw rug',
      'settled',
      'Zoe after lamp?',
      'Zoe after lamp sofa?',
    ])
  })

  it('leaves a product that nobody knew out of the visit when that is asked for, and counts it as missed otherwise', () => {
    const { method, told } = recording(['rug'])
    const { questions, byVisit } = asked(method, materialOf(looks), { learn: false, unknown: 'skip' })
    expect(told.slice(-1)).to.deep.equal(['Zoe after lamp?'])
    expect({ questions, hits: [...byVisit.hits] }).to.deep.equal({ questions: 1, hits: [1] })
    const counted = asked(recording(['rug']).method, materialOf(looks))
    expect({ questions: counted.questions, hits: [...counted.byVisit.hits] }).to.deep.equal({
      questions: 2,
      hits: [1],
    })
  })

  it('keeps a product that became known on the way when it learns, though its first view was no question', () => {
    const { method, told } = recording()
    asked(method, materialOf(looks), { unknown: 'skip' })
    expect(told.filter(text => text.endsWith('?'))).to.deep.equal(['Zoe after lamp sofa?'])
  })

  it('leaves out returns to what was seen when only new products are wanted', () => {
    const { method, told } = recording()
    const material = materialOf([...looks, ['Zoe', 'lamp', 6], ['Zoe', 'bed', 7]])
    asked(method, material, { excludeSeen: true })
    expect(told.filter(text => text.endsWith('?'))).to.deep.equal([
      'Zoe after lamp?',
      'Zoe after lamp sofa?',
      'Zoe after lamp sofa rug lamp?',
    ])
  })

  it('stops after so many questions', () => {
    const { method, told } = recording()
    expect(asked(method, materialOf(looks), { maxSteps: 1 }).questions).to.equal(1)
    expect(told.at(-1)).to.equal('Zoe saw sofa')
  })

  it('scores by the place of the next product, as worked out by hand', () => {
    const work = evaluate(materialOf(looks), [() => recording(['bed', 'rug', 'sofa']).method], usual, () => 0)
    const { data, methods } = drained(work)
    expect(data).to.deep.include({ pastViews: 3, pastProducts: 2, askedSessions: 1, questions: 2 })
    const [result] = methods
    // sofa stood at place 3, rug at place 2
    expect(result?.hitRate.value).to.equal(1)
    expect(result?.mrr.value).to.be.closeTo((1 / 3 + 1 / 2) / 2, 1e-12)
    expect(result?.ndcg.value).to.be.closeTo((1 / 2 + 1 / Math.log2(3)) / 2, 1e-12)
    expect(result?.hitRateAt).to.deep.equal([0, 0.5, 1])
    // Of lamp and rug, rug was shown. bed, rug and sofa had 0, 2 and 0 views. sofa was shown once less: it was the current one.
    expect(result?.coverage).to.equal(0.5)
    expect(result?.popularity.arp).to.be.closeTo((2 / 3 + 2 / 2) / 2, 1e-12)
    expect(result?.lists).to.deep.equal({ short: 1, empty: 0, repeated: 0, forbidden: 1 })
  })

  it('shows no product twice and none too many, and says which method tried', () => {
    const { lists, ranks } = asked(
      recording(['lamp', 'lamp', 'rug', 'bed', 'sofa']).method,
      materialOf(looks),
    )
    // After lamp: rug, bed, sofa. After sofa: lamp, rug, bed.
    expect([...ranks]).to.deep.equal([0, 0, 1, 1])
    expect(lists).to.deep.equal({ short: 0, empty: 0, repeated: 2, forbidden: 2 })
  })

  it('says that there is nothing to ask when no later visit goes on', () => {
    const material = materialOf(looks.slice(0, 3))
    expect(() => drained(evaluate(material, [createPopularity], usual, () => 0))).to.throw(/nothing to ask/)
  })
})

/** Views at distinct minutes, by few users of few products. */
const someLooks = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', 'Y', 'Z'), fc.constantFrom('p', 'q', 'r', 's', 't')), {
    minLength: 2,
    maxLength: 60,
  })
  .map(pairs => pairs.map(([user, product], index): Look => [user, product, index * 3]))

const someOptions = fc.record({
  unknown: fc.constantFrom('skip' as const, 'count' as const),
  excludeSeen: fc.boolean(),
  learn: fc.boolean(),
})

const methods = [createVitrineMethod, createPopularity, createCoVisitation, createVmisKnn]

describe('laws of the protocol', () => {
  it('an oracle is always right, and at once', () => {
    fc.assert(
      fc.property(someLooks, fc.boolean(), fc.boolean(), (drawn, excludeSeen, learn) => {
        // A product is never shown on its own page, so a reload is beyond any method.
        const looked = drawn.filter(([user, product], index) => {
          const before = drawn.slice(0, index).findLast(([other]) => other === user)
          return before?.[1] !== product
        })
        const viewed = new Map(looked.map(([user, product, minute]) => [`${user} ${minute}`, product]))
        const oracle: Method = {
          name: 'oracle',
          observe: () => {},
          recommend: ({ userId, at }: Question) => [viewed.get(`${userId} ${at / 60_000}`) as string],
        }
        const { questions, ranks } = asked(oracle, materialOf(looked), { excludeSeen, learn })
        expect(ranks[1]).to.equal(questions)
      }),
    )
  })

  it('MRR is at most NDCG, NDCG at most the hit rate, and all lie between 0 and 1', () => {
    fc.assert(
      fc.property(someLooks, someOptions, fc.integer({ min: 1, max: 5 }), (drawn, options, limit) => {
        for (const create of methods) {
          const { byVisit, questions } = asked(create(), materialOf(drawn), { ...options, limit })
          const sum = (column: Float64Array) => column.reduce((total, value) => total + value, 0)
          const values = [0, sum(byVisit.reciprocalRanks), sum(byVisit.gains), sum(byVisit.hits), questions]
          expect(values.toSorted((a, b) => a - b)).to.deep.equal(values)
        }
      }),
    )
  })

  it('the order of the lines changes nothing', () => {
    fc.assert(
      fc.property(
        someLooks.chain(drawn =>
          fc.tuple(fc.constant(drawn), fc.shuffledSubarray(drawn, { minLength: drawn.length })),
        ),
        someOptions,
        ([drawn, shuffled], options) => {
          for (const create of methods) {
            const [one, other] = [drawn, shuffled].map(lines => asked(create(), materialOf(lines), options))
            expect(one).to.deep.equal(other)
          }
        },
      ),
    )
  })

  it('no method shows a product twice, nor one that they must not', () => {
    fc.assert(
      fc.property(someLooks, someOptions, (drawn, options) => {
        for (const create of methods) {
          const { repeated, forbidden } = asked(create(), materialOf(drawn), options).lists
          expect({ repeated, forbidden }).to.deep.equal({ repeated: 0, forbidden: 0 })
        }
      }),
    )
  })
})
