import { expect } from 'chai'
import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { createRoundRobin, partitionOf } from './partitioner.ts'

describe('partitioner', () => {
  it('agrees with the default partitioner of Kafka clients for any key', () => {
    const kafkaPartitioner = Partitioners.DefaultPartitioner()
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 64 }), (key, count) => {
        const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
          partitionId,
          leader: 1,
          isr: [1],
          replicas: [1],
          partitionErrorCode: 0,
        }))
        const theirs = kafkaPartitioner({ topic: 't', partitionMetadata, message: { key, value: null } })
        expect(partitionOf(key, count)).to.equal(theirs)
      }),
    )
  })

  it('gives records without a key to each partition in turn', () => {
    const next = createRoundRobin(7)
    expect([next(3), next(3), next(3), next(3)]).to.deep.equal([1, 2, 0, 1])
  })
})
