import type { WireView } from './clicks.ts'

/** A request that no ingestor takes, and what must come back. */
export interface BadRequest {
  readonly what: string
  readonly status: number
  /** JSON pointer, parameter or header that the answer names; absent where the request as a whole is wrong. */
  readonly names?: string
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

const view: WireView = {
  event: 'ProductView',
  messageid: 'bad-request',
  userid: 'nobody',
  properties: { productid: 'nothing' },
  context: { source: 'desktop' },
  timestamp: '2026-01-01T00:00:00Z',
}
const viewJson = JSON.stringify(view)

/** A view with another value in one place. */
const views: readonly [string, string, unknown][] = [
  ['no user', '/userid', { ...view, userid: undefined }],
  ['no event', '/event', { ...view, event: undefined }],
  ['no properties', '/properties', { ...view, properties: undefined }],
  ['no product', '/properties/productid', { ...view, properties: {} }],
  ['another event', '/event', { ...view, event: 'OrderPlaced' }],
  ['a number for a user', '/userid', { ...view, userid: 5 }],
  ['null for a user', '/userid', { ...view, userid: null }],
  ['an object for a user', '/userid', { ...view, userid: { $gt: '' } }],
  ['a text for properties', '/properties', { ...view, properties: 'p' }],
  ['a list for a product', '/properties/productid', { ...view, properties: { productid: ['p'] } }],
  ['a text for a context', '/context', { ...view, context: 'desktop' }],
  ['a number for a source', '/context/source', { ...view, context: { source: 1 } }],
  ['a number for a time', '/timestamp', { ...view, timestamp: 1_700_000_000 }],
  ['an empty user', '/userid', { ...view, userid: '' }],
  ['a user of 257 bytes', '/userid', { ...view, userid: 'ü'.repeat(128) + 'x' }],
  ['a NUL in a user', '/userid', { ...view, userid: 'a\u0000b' }],
  ['a line break in a product', '/properties/productid', { ...view, properties: { productid: 'a\nb' } }],
  ['a lone surrogate', '/userid', { ...view, userid: 'a\ud800' }],
  ['an empty messageid', '/messageid', { ...view, messageid: '' }],
  ['a time that is none', '/timestamp', { ...view, timestamp: 'yesterday' }],
  ['a day that is none', '/timestamp', { ...view, timestamp: '2026-02-30T00:00:00Z' }],
  ['a time in the future', '/timestamp', { ...view, timestamp: '2999-01-01T00:00:00Z' }],
  ['a time long ago', '/timestamp', { ...view, timestamp: '1999-12-31T00:00:00Z' }],
]

const bodies: readonly [string, number, string | Uint8Array<ArrayBuffer>, string?][] = [
  ['no body', 400, ''],
  ['broken UTF-8', 400, new Uint8Array([...Buffer.from('{"userid":"'), 0xc3, 0x28, 0x22, 0x7d])],
  ['truncated JSON', 400, viewJson.slice(0, -9)],
  ['two objects', 400, `${viewJson}${viewJson}`],
  ['NaN', 400, viewJson.replace('"nobody"', 'NaN')],
  ['1e400 as a time', 400, viewJson.replace(/"timestamp":"[^"]*"/, '"timestamp":1e400'), '/timestamp'],
  ['10,000 levels', 400, `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  [
    '10,000 levels as a user',
    400,
    `{"event":"ProductView","userid":${'['.repeat(10_000)}${']'.repeat(10_000)}}`,
    '/userid',
  ],
  ['a number', 400, '5'],
  ['null', 400, 'null'],
  ['an empty list', 400, '[]'],
  ['1,001 views', 400, JSON.stringify(Array.from({ length: 1_001 }, () => view))],
  ['a list of one bad view', 400, JSON.stringify([{ ...view, userid: '' }]), '/0/userid'],
  ['__proto__ alone', 400, `{"__proto__":${viewJson}}`, '/event'],
  ['constructor alone', 400, `{"constructor":{"prototype":${viewJson}}}`, '/event'],
  ['a byte above 1 MiB', 413, viewJson.padEnd(1024 * 1024 + 1)],
]

const json = { 'content-type': 'application/json' }

export const badRequests: readonly BadRequest[] = [
  ...views.map(([what, names, value]) => ({
    what,
    status: 400,
    names,
    headers: json,
    body: JSON.stringify(value),
  })),
  ...bodies.map(([what, status, body, names]) => ({
    what,
    status,
    headers: json,
    body,
    ...(names !== undefined && { names }),
  })),
  {
    what: 'no content type',
    status: 415,
    body: new Uint8Array(Buffer.from(viewJson)),
    names: 'content-type',
  },
  {
    what: 'plain text',
    status: 415,
    headers: { 'content-type': 'text/plain' },
    body: viewJson,
    names: 'content-type',
  },
  {
    what: 'an unknown parameter',
    status: 400,
    path: '/v1/views?debug=1',
    headers: json,
    body: viewJson,
    names: 'debug',
  },
  {
    what: 'a parameter named __proto__',
    status: 400,
    path: '/v1/views?__proto__=1',
    headers: json,
    body: viewJson,
    names: '__proto__',
  },
  { what: 'broken percent-encoding', status: 400, path: '/v1/%ff', headers: json, body: viewJson },
  { what: 'a path that is none', status: 404, path: '/v1/view', headers: json, body: viewJson },
  { what: 'a GET', status: 405, method: 'GET' },
  { what: 'a PUT', status: 405, method: 'PUT', headers: json, body: viewJson },
]

/** Lines of which none is taken, with the reason that is counted for each. */
export const badLines: readonly [string | Uint8Array, string][] = [
  ['{"event":', 'not-json'],
  [new Uint8Array([0xff, 0xfe]), 'not-utf8'],
  [`{"event":"ProductView","userid":"${'x'.repeat(10 * 1024 * 1024)}"}`, 'line-too-long'],
  ['['.repeat(10_000), 'not-json'],
  [`{"__proto__":${viewJson}}`, 'missing-field'],
  [JSON.stringify({ ...view, userid: 5 }), 'wrong-type'],
  [JSON.stringify({ ...view, timestamp: '2999-01-01T00:00:00Z' }), 'in-the-future'],
  // The last has no line break.
  [viewJson.slice(0, -1), 'not-json'],
]
