import { expect } from 'chai'
import fc from 'fast-check'
import { decodeRunReport, encodeRunReport, maxReportBytes, toTime } from './run-report.ts'
import type { RunReport } from './run-report.ts'

const report: RunReport = {
  pipeline: 'orders',
  result: 'Failed',
  startTime: '2026-11-01T10:00:00Z',
  endTime: '2026-11-01T10:00:07Z',
  seconds: 7.25,
  rowsRead: 3,
  rowsWritten: 2,
  rowsDeleted: 1,
  watermark: '2026-11-01T09:59:00Z',
  message: 'the shop is away',
  traceId: '0af7651916cd43dd8448eb211c80319c',
}

/** Texts that grow when they are written as JSON and as UTF-8, in lengths around the limit. */
const message = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '"', '\\', '\n', '\u0001', '\ud83d') }),
    fc.nat(1_500),
  )
  .map(([unit, times]) => unit.repeat(times).slice(0, 6_000))

describe('the report of a run', () => {
  it('comes back as it was written', () => {
    expect(decodeRunReport(encodeRunReport(report))).to.deep.equal(report)
  })

  it('fits a termination message whatever its message, which is cut between characters and keeps its beginning', () => {
    fc.assert(
      fc.property(message, text => {
        const encoded = encodeRunReport({ ...report, message: text })
        expect(Buffer.byteLength(encoded)).to.be.at.most(maxReportBytes)
        const { message: read = '', ...rest } = JSON.parse(encoded) as RunReport
        const { message: _, ...others } = report
        expect(rest).to.deep.equal(others)
        if (read === text) return
        expect(read.endsWith('…')).to.equal(true)
        const kept = Array.from(read).slice(0, -1)
        expect(Array.from(text).slice(0, kept.length)).to.deep.equal(kept)
        const oneMore = Array.from(text)
          .slice(0, kept.length + 1)
          .join('')
        const longer = JSON.stringify({ ...report, message: `${oneMore}…` })
        expect(Buffer.byteLength(longer), 'no more would have fitted').to.be.greaterThan(maxReportBytes)
      }),
      { numRuns: 300 },
    )
  })

  it('is nothing where the text is a log, broken off, of another kind or of impossible figures', () => {
    const whole = encodeRunReport(report)
    const others = [
      '',
      'Error: out of memory',
      whole.slice(0, -1),
      '[]',
      'null',
      JSON.stringify({ ...report, result: 'Done' }),
      JSON.stringify({ ...report, rowsRead: -1 }),
      JSON.stringify({ ...report, startTime: 'yesterday' }),
      JSON.stringify({ ...report, traceId: '<script>' }),
      JSON.stringify({ ...report, message: 'x'.repeat(maxReportBytes + 1) }),
    ]
    expect(others.map(decodeRunReport)).to.deep.equal(others.map(() => null))
  })

  it('reads what a later version may have added', () => {
    expect(decodeRunReport(JSON.stringify({ ...report, cost: 3 }))).to.deep.equal(report)
  })

  it('tells times in whole seconds, as Kubernetes does', () => {
    expect(toTime(Date.UTC(2026, 10, 1, 10, 0, 7, 999))).to.equal('2026-11-01T10:00:07Z')
  })
})
