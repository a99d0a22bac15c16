import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKafkaClient } from '#internal/kafka/client.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import { readBoards, targetsOf } from '../../monitoring/boards.ts'
import { metricsIn } from '../../monitoring/documented.ts'
import { startLoad } from '../../system/load.ts'
import { toolOrSkip } from '../../tools/tools.ts'
import { startPrometheus } from './prometheus.ts'
import type { Load } from '../../system/load.ts'
import type { Served } from './every-install.ts'
import type { Install } from './install.ts'
import type { Prometheus } from './prometheus.ts'

/** Long enough for rates over half a minute. */
const loadMs = 25_000

/** What a Prometheus sees of an install with its monitors and alerts, within its suite; `plainBroker` leads to the Kafka of its log. */
export function itIsMonitored(install: Install, served: Served, plainBroker: () => string): void {
  let prometheus: Prometheus
  let load: Load

  it('is scraped by a Prometheus through its monitors, which finds every process by its Service', async function () {
    const program = await toolOrSkip('prometheus', this)
    prometheus = await startPrometheus(install, program)
    await makeMishaps()
    load = startLoad({ ...served.address, perSecond: 100, name: 'scraped' })
    await sleep(loadMs)
    const targets = await prometheus.targets()
    const twice = (one: string) => [one, one]
    expect(targets.map(({ job }) => job)).to.have.members([
      'vitrine-controller',
      ...['vitrine-api', 'vitrine-ingestor', 'vitrine-loader'].flatMap(twice),
    ])
    expect(targets.filter(({ health }) => health !== 'up')).to.deep.equal([])
  })

  it('shows every metric that a dashboard or an alert names', async () => {
    const names = await prometheus.names()
    const rules = JSON.parse(await install.field('prometheusrule/vitrine', '{.spec.groups}')) as {
      rules: { expr: string }[]
    }[]
    const asked = [
      ...targetsOf(await readBoards()).map(({ expr }) => expr),
      ...rules.flatMap(group => group.rules.map(({ expr }) => expr)),
    ]
    const unknown = asked.flatMap(metricsIn).filter(name => !names.has(name) && !names.has(`${name}_count`))
    expect([...new Set(unknown)]).to.deep.equal([])
  })

  it('gives the dashboards data for every question under load', async () => {
    const silent: string[] = []
    for (const { where, expr } of targetsOf(await readBoards())) {
      const asked = expr
        .replaceAll('$namespace', install.namespace)
        .replaceAll(/\$(job|instance)/g, '.+')
        .replaceAll('$__rate_interval', '30s')
      if ((await prometheus.query(asked)).length === 0) silent.push(`${where}: ${asked}`)
    }
    expect(silent).to.deep.equal([])
  })

  it('raises no alert while all is well', async () => {
    expect(await prometheus.firing()).to.deep.equal([])
    expect((await load.stop()).failed).to.deep.equal([])
  })

  /** What seldom happens, and has metrics of its own: a view that is refused, a caller without a key, a record that nobody understands. */
  async function makeMishaps(): Promise<void> {
    const { ingestor, key } = served.address
    const post = async (headers: Record<string, string>) => {
      const body = '{"event":"ProductView"}'
      const type = { 'content-type': 'application/json' }
      return (await fetch(`${ingestor}/v1/views`, { method: 'POST', headers: { ...type, ...headers }, body }))
        .status
    }
    expect(await post({ authorization: `Bearer ${key}` })).to.equal(400)
    expect(await post({})).to.equal(401)
    const kafka = createKafkaClient({ brokers: [plainBroker()], clientId: 'mishap', logger })
    await using producer = kafka.producer({ partition: () => 0, compression: 'none' })
    const nonsense = { key: 'someone', value: Buffer.from('what is this'), headers: {} }
    await producer.send([{ topic: 'product-views', messages: [nonsense] }])
  }
}
