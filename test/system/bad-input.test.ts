import { expect } from 'chai'
import { randomUUID } from 'node:crypto'
import { productViewsTopic } from '#internal/eventlog/topics.ts'
import { badLines, badRequests } from './bad-requests.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { historyOf, untilLoaded } from './histories.ts'
import { endsOf, openLog } from './logs.ts'
import { start } from './processes.ts'
import type { EventLog } from '#internal/eventlog/log.ts'
import type { EngineSet } from './engine-sets.ts'
import type { Running } from './processes.ts'

/** Ids that break what is put together from texts instead of bound: paths, SQL, CQL, templates, shells, markup. */
const attacks = [
  `'`,
  `"`,
  '`',
  `'; DROP TABLE user_history;--`,
  `' OR '1'='1`,
  `1) ALLOW FILTERING; TRUNCATE productviews.user_history; --`,
  `$1`,
  `:id`,
  `?`,
  `%s`,
  `\${7*7}`,
  `{{7*7}}`,
  `$(reboot)`,
  `../../etc/passwd`,
  `..\\..\\windows`,
  `a/b`,
  `a?b=c&d#e`,
  `%00`,
  `%2e%2e%2f`,
  `%`,
  `\\u0000`,
  `\\x00`,
  `\\`,
  `a;b,c|d`,
  ` leading and trailing `,
  `+`,
  `<script>alert(1)</script>`,
  `__proto__`,
  `constructor`,
  `toString`,
  `null`,
  `NaN`,
  `{"userid":"other"}`,
  `["a"]`,
  `Ünïcödé`,
  `u\u0308 and ü`,
  `日本語`,
  `👩‍👩‍👧‍👦`,
  `\u202eright to left`,
  `\ufeffmarked`,
  `\uffff`,
  'x'.repeat(256),
  '€'.repeat(85) + 'x',
]

const stack = /node_modules|\.ts:\d+|\n\s+at /

for (const set of engineSets) {
  describe(`bad input on ${set.name}`, function () {
    this.timeout(180_000)
    const prefix = randomUUID().slice(0, 8)
    let engines: EngineSet
    let log: EventLog
    let running: Running[] = []
    let [ingestorUrl, apiUrl] = ['', '']

    before(async function () {
      engines = await startOrSkip(set, this)
      log = openLog(engines.env)
      running = await Promise.all(
        (['ingestor', 'loader', 'api'] as const).map(name => start(name, engines.env)),
      )
      ;[ingestorUrl, apiUrl] = [running[0]?.url ?? '', running[2]?.url ?? '']
    })
    after(async () => {
      await Promise.all(running.map(process => process[Symbol.asyncDispose]()))
      await log?.[Symbol.asyncDispose]()
      await engines?.[Symbol.asyncDispose]()
    })

    const loaded = () => untilLoaded(running[1]?.opsUrl ?? '')

    async function send(list: readonly { userid: string; productid: string }[], more = ''): Promise<void> {
      const body = list.map(({ userid, productid }) => {
        const view = JSON.stringify({ event: 'ProductView', userid, properties: { productid } })
        return `${view.slice(0, -1)}${more}}`
      })
      const response = await fetch(`${ingestorUrl}/v1/views`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `[${body.join()}]`,
      })
      expect(await response.json()).to.include({ accepted: list.length, refused: 0 })
    }

    it('is refused by name, with no word of the inside, and leaves nothing in the log', async () => {
      const before = await endsOf(log, productViewsTopic)
      const wrong: string[] = []
      for (const {
        what,
        status,
        names,
        path = '/v1/views',
        method = 'POST',
        headers = {},
        body,
      } of badRequests) {
        const request = { method, headers, ...(body !== undefined && { body }) }
        const response = await fetch(ingestorUrl + path, request)
        const text = await response.text()
        const told = `${what}: ${response.status} ${text.slice(0, 300)}`
        if (response.status !== status || stack.test(text)) wrong.push(told)
        else if (names !== undefined && !namedIn(text).includes(names)) wrong.push(told)
      }
      expect(wrong.join('\n')).to.equal('')
      expect(await endsOf(log, productViewsTopic)).to.deep.equal(before)
      expect(running[0]?.log()).to.not.match(/"level":"(error|warn)"/)
    })

    it('in a stream is counted by its reason, line by line, and leaves nothing in the log', async () => {
      const before = await endsOf(log, productViewsTopic)
      const lines = badLines.flatMap(([line], i) => [
        ...(i > 0 ? [Buffer.from('\n')] : []),
        Buffer.from(line as string),
      ])
      const counts = await stream(new Uint8Array(Buffer.concat(lines)))
      const reasons: Record<string, number> = {}
      for (const [, reason] of badLines) reasons[reason] = (reasons[reason] ?? 0) + 1
      expect(counts).to.deep.include({ accepted: 0, refused: badLines.length, reasons })
      expect(await stream(new Uint8Array())).to.deep.include({ lines: 0, accepted: 0, refused: 0 })
      expect(await endsOf(log, productViewsTopic)).to.deep.equal(before)
    })

    async function stream(body: Uint8Array<ArrayBuffer>): Promise<object> {
      const headers = { 'content-type': 'application/x-ndjson' }
      const response = await fetch(`${ingestorUrl}/v1/views`, { method: 'POST', headers, body })
      expect(response.status).to.equal(200)
      return (await response.json()) as object
    }

    it('is not an id with an attack in it: it comes back as it was, and can be forgotten', async () => {
      const users = attacks.filter(id => Buffer.byteLength(id) <= 240).map(id => `${prefix}${id}`)
      const looks = [
        ...users.map(userid => ({ userid, productid: userid })),
        ...attacks.map(productid => ({ userid: `${prefix} looks at all`, productid })),
      ]
      await send(looks)
      await loaded()
      for (const user of users) expect(await historyOf(apiUrl, user)).to.deep.equal([user])
      const all = await historyOf(apiUrl, `${prefix} looks at all`)
      expect(all.sort()).to.deep.equal([...attacks].sort())

      for (const user of users) expect(await forget(`${encodeURIComponent(user)}/history`)).to.equal(200)
      for (const user of users) expect(await historyOf(apiUrl, user)).to.deep.equal([])
      const person = encodeURIComponent(`${prefix} looks at all`)
      for (const [n, product] of attacks.entries()) {
        expect(await forget(`${person}/history/${encodeURIComponent(product)}`)).to.equal(200)
        const left = attacks.slice(n + 1)
        if (n % 10 === 0)
          expect((await historyOf(apiUrl, `${prefix} looks at all`)).length).to.equal(left.length)
      }
      expect(await historyOf(apiUrl, `${prefix} looks at all`)).to.deep.equal([])
    })

    async function forget(path: string): Promise<number> {
      const response = await fetch(`${apiUrl}/v1/users/${path}`, { method: 'DELETE' })
      await response.arrayBuffer()
      return response.status
    }

    it('pollutes nothing: a view keeps to its own fields, and the next one is checked as before', async () => {
      const evil = '{"userid":"polluted","event":"ProductView","properties":{"productid":"polluted"}}'
      const more = `,"__proto__":${evil},"constructor":{"prototype":${evil}},"toString":1`
      await send([{ userid: `${prefix}-clean`, productid: 'p' }], more)
      const response = await fetch(`${ingestorUrl}/v1/views`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      })
      expect(response.status).to.equal(400)
      await loaded()
      expect(await historyOf(apiUrl, `${prefix}-clean`)).to.deep.equal(['p'])
    })

    it('of a parameter that comes twice is refused by its name', async () => {
      const paths = [
        ['limit', '/v1/users/u/history?limit=1&limit=2'],
        ['limit', '/v1/users/u/history?limit=1&limit=1'],
        ['limit', '/v1/users/u/recommendations?limit=1&limit=2'],
        ['window', '/v1/rankings/best-sellers?window=7d&window=30d'],
        ['__proto__', '/v1/users/u/history?__proto__=1'],
        ['constructor', '/v1/users/u/history?constructor=1'],
      ] as const
      for (const [name, path] of paths) {
        const response = await fetch(apiUrl + path)
        const text = await response.text()
        expect(response.status, `${path}: ${text}`).to.equal(400)
        expect(namedIn(text), path).to.include(name)
      }
    })
  })
}

/** The places that a refusal names. */
function namedIn(text: string): string[] {
  const { errors = [] } = JSON.parse(text) as {
    errors?: { pointer?: string; parameter?: string; header?: string }[]
  }
  return errors.flatMap(({ pointer, parameter, header }) =>
    [pointer, parameter, header].filter(name => name !== undefined),
  )
}
