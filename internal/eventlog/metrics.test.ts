import { expect } from 'chai'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { createFakeLog } from './fake-log.ts'
import { observeLag } from './metrics.ts'

describe('lag metric', () => {
  it('shows how far a group is behind by partition, and keeps the last figure while the log is away', async () => {
    await using log = createFakeLog()
    await log.ensureTopics([{ name: 'views', partitions: 1, retentionMs: null, maxRecordBytes: 1_000 }])
    await log.append('views', [{ key: 'k', value: null, headers: {} }])
    const metrics = createMetrics({ service: 'test', version: '0' })
    observeLag(metrics, log, [{ group: 'loader', topics: ['views'] }])
    const line = 'vitrine_log_lag_records{topic="views",group="loader",partition="0"} 1'
    expect((await metrics.scrape()).body).to.contain(line)
    log.setAvailable(false)
    expect((await metrics.scrape()).body).to.contain(line)
  })
})
