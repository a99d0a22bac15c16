import { expect } from 'chai'
import fc from 'fast-check'
import { createFakeLog } from '#internal/eventlog/fake-log.ts'
import { deadLetterTopic, topics } from '#internal/eventlog/topics.ts'
import { appendDeadLetters, fromDeadLetter, toDeadLetter } from './dead-letters.ts'
import type { LogRecord } from '#internal/eventlog/log.ts'

const record = (change: Partial<LogRecord> = {}): LogRecord => ({
  topic: 'product-views',
  partition: 3,
  offset: 42n,
  appendTime: Date.parse('2026-11-01T10:00:00.000Z'),
  key: 'user-1',
  value: Buffer.from([0xff, 0x00, 0x7b]),
  headers: { traceparent: '00-1', 'received-at': 'then' },
  ...change,
})

describe('a dead letter', () => {
  it('keeps bytes, key and headers, and says why and where it came from', () => {
    const letter = toDeadLetter({ record: record(), reason: 'not-json' })
    expect(letter.key).to.equal('user-1')
    expect(letter.value).to.deep.equal(Buffer.from([0xff, 0x00, 0x7b]))
    expect(letter.headers).to.deep.equal({
      traceparent: '00-1',
      'received-at': 'then',
      'dead-letter-reason': 'not-json',
      'dead-letter-topic': 'product-views',
      'dead-letter-partition': '3',
      'dead-letter-offset': '42',
      'dead-letter-append-time': '2026-11-01T10:00:00.000Z',
    })
  })

  it('turns back into the record that it was, remembering when that first came into the log', () => {
    const headers = fc.dictionary(fc.string({ minLength: 1 }), fc.string())
    fc.assert(
      fc.property(fc.option(fc.string()), fc.option(fc.uint8Array()), headers, (key, bytes, own) => {
        const original = record({ key, value: bytes && Buffer.from(bytes), headers: own })
        const back = fromDeadLetter({
          ...original,
          ...toDeadLetter({ record: original, reason: 'wrong-type' }),
        })
        expect(back).to.deep.equal({
          key,
          value: original.value,
          headers: { ...own, 'original-append-time': '2026-11-01T10:00:00.000Z' },
        })
      }),
    )
  })

  it('reaches the topic in order, however large the letters are together', async () => {
    await using log = createFakeLog()
    await log.ensureTopics(topics({ partitions: 2, historyTtlMs: 1_000 }))
    const sizes = [700_000, 700_000, 10, 2_000_000, 0]
    const letters = sizes.map((size, i) => ({
      record: record({ offset: BigInt(i), value: size === 0 ? null : Buffer.alloc(size) }),
      reason: 'not-json' as const,
    }))
    await appendDeadLetters(log, letters)
    expect(log.records(deadLetterTopic).map(({ value }) => value?.length ?? 0)).to.deep.equal(sizes)
  })
})
