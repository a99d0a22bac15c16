import { expect } from 'chai'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openDatabase, shopTables } from '#internal/orders/test-support.ts'
import { until } from './processes.ts'
import { processesOf, startUp } from './up.ts'

function etlSchedule(name: string, spec: Record<string, unknown>): unknown {
  return {
    apiVersion: 'vitrine.dev/v1alpha1',
    kind: 'EtlSchedule',
    metadata: { name },
    spec: { source: { secretRef: { name: 'shop-database' } }, ...spec },
  }
}

function secret(uri: string, name = 'shop-database'): unknown {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { uri } }
}

describe('vitrine up --schedules', function () {
  this.timeout(180_000)
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-schedules-'))
    chmodSync(folder, 0o755)
    file = join(folder, 'etl.yaml')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const write = (...objects: unknown[]) =>
    writeFileSync(file, objects.map(one => stringify(one)).join('---\n'))
  const start = (args: readonly string[] = []) => startUp(folder, ['--schedules', file, ...args])

  it("runs the demo shop's pipelines when they are due, suspended ones not, and ends with SIGTERM", async () => {
    write(
      etlSchedule('often', { pipeline: 'orders', schedule: '@every 1s' }),
      etlSchedule('asleep', { pipeline: 'products', schedule: '@every 1s', suspend: true }),
      etlSchedule('later', { pipeline: 'products', schedule: '30 2 * * *', timeZone: 'Asia/Kolkata' }),
    )
    await using up = start()
    await up.says('often: Succeeded in ')
    expect(up.stdout()).to.match(
      /^\S+Z often: Succeeded in \d+\.\d s, \d+ rows read, \d+ written, 0 deleted$/m,
    )
    expect(up.stdout()).to.match(/^\S+Z later: 30 2 \* \* \* \(Asia\/Kolkata\), next at \S+T21:00:00Z$/m)
    expect(up.stdout()).to.match(/^\S+Z asleep: suspended, starts no runs$/m)
    expect(up.stdout()).not.to.match(/asleep: (?!suspended)/)
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
    expect(up.stderr()).to.equal('')
    await until('no process left', async () => processesOf(folder).length === 0)
  })

  it('reads the shop that a Secret of the file leads to, by the query of the EtlSchedule', async () => {
    await using shop = await openDatabase(shopTables)
    const query = "SELECT 'hat-' || n AS productid, 'hats' AS categoryid FROM generate_series(1, 7) AS n"
    const source = { secretRef: { name: 'shop-database' }, query }
    write(secret(shop.url), etlSchedule('hats', { pipeline: 'products', schedule: '@every 1s', source }))
    await using up = start()
    const { url } = await up.ready()
    expect(up.stdout()).to.include(`No demo shop: ${file} `).and.not.to.include('Making up')
    await up.says('hats: Succeeded in ')
    expect(up.stdout()).to.include('7 rows read, 7 written, 0 deleted')
    await until('the hats are recommended', async () => {
      const answer = await fetch(`${url}/v1/users/anna/recommendations`)
      const { items } = (await answer.json()) as { items: { productId: string }[] }
      return items.length === 7 && items.every(({ productId }) => productId.startsWith('hat-'))
    })
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
  })

  it('tells in one line of a run that is refused, fails or takes too long, and goes on', async () => {
    await using shop = await openDatabase(shopTables)
    const slow = "SELECT 'hat' AS productid, 'hats' AS categoryid FROM pg_sleep(60)"
    const pipeline = 'products'
    const schedule = '@every 1s'
    const away = { secretRef: { name: 'away' } }
    const late = { secretRef: { name: 'shop-database' }, query: slow }
    write(
      secret(shop.url),
      secret('postgres://shop:hush-hush@127.0.0.1:1/shop', 'away'),
      etlSchedule('guarded', { pipeline, schedule, guard: { minRows: 1 } }),
      etlSchedule('away', { pipeline: 'orders', schedule, source: away, backoffLimit: 0 }),
      etlSchedule('late', { pipeline, schedule: '@every 2s', source: late, activeDeadlineSeconds: 2 }),
    )
    await using up = start()
    const lines = (start: string) =>
      up
        .stdout()
        .split('\n')
        .filter(line => line.slice(21).startsWith(start))
    await up.says('guarded: Refused in ')
    expect(lines('guarded: Refused')[0]).to.match(/0 rows read, 0 written, 0 deleted: \S.*$/)
    await up.says('away: Failed')
    expect(lines('away: Failed')[0]).to.include('127.0.0.1:1').and.not.include('hush-hush')
    await up.says('late: Failed: ended after 2 s (activeDeadlineSeconds)')
    await until('more runs of each', async () =>
      ['guarded: Refused', 'away: Failed', 'late: Failed'].every(text => lines(text).length > 1),
    )
    expect(await up.end('SIGTERM'), up.stderr()).to.equal(0)
    await until('no process left', async () => processesOf(folder).length === 0)
  })

  const refusals: readonly (readonly [string, unknown, readonly string[], RegExp])[] = [
    [
      'a database that nobody names',
      etlSchedule('orders', { pipeline: 'orders', schedule: '@daily' }),
      ['--no-demo'],
      /^EtlSchedule orders reads the database that Secret shop-database leads to, .* or set VITRINE_SHOP_URL$/,
    ],
    [
      'a schedule that is none',
      etlSchedule('orders', { pipeline: 'orders', schedule: '0 0 * * 7' }),
      [],
      /etl\.yaml: EtlSchedule orders: .*day of week "7" must be 0 \(Sunday\) to 6/,
    ],
    ['a file without any', secret('postgres://shop'), [], /etl\.yaml: there is no EtlSchedule in it/],
  ]
  for (const [what, object, args, sentence] of refusals) {
    it(`refuses ${what} in one sentence, before anything is started`, async () => {
      write(object)
      await using up = start(args)
      expect(await up.ended()).to.equal(1)
      expect(up.stderr().trim()).to.match(sentence)
      expect(up.stderr().trim().split('\n')).to.have.length(1)
      expect(up.stdout()).to.equal('')
    })
  }

  it('never shows the password of a URI that it can not use', async () => {
    write(
      secret('mysql://shop:hush-hush@db'),
      etlSchedule('orders', { pipeline: 'orders', schedule: '@daily' }),
    )
    await using up = start()
    expect(await up.ended()).to.equal(1)
    expect(up.stderr()).to.match(/key uri of Secret shop-database must be a PostgreSQL URI/)
    expect(up.stderr()).not.to.include('hush-hush')
  })
})
