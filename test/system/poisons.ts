import type { WireView } from './clicks.ts'

const utf8 = (text: string) => Buffer.from(text)
const json = (value: unknown) => utf8(JSON.stringify(value))

/** A record's value that no loader can load. The number keeps the bytes of two apart. */
export type Poison = (n: number) => Buffer | null

const good = (n: number): WireView => ({
  event: 'ProductView',
  messageid: `poison-${n}`,
  userid: `poisoned-${n}`,
  properties: { productid: `product-${n}` },
  context: { source: 'desktop' },
  timestamp: new Date(Date.now() - 1_000).toISOString(),
})
const withUser = (n: number, user: string) => json({ ...good(n), userid: user })
const nested = (n: number) => `${'['.repeat(10_000)}${n}${']'.repeat(10_000)}`

/** What a log may hold that others write to as well. */
export const poisons: Readonly<Record<string, Poison>> = {
  'broken UTF-8': n => Buffer.concat([json(good(n)).subarray(0, -2), Buffer.from([0xc3, 0x28, 0x22, 0x7d])]),
  'an overlong encoding': n =>
    Buffer.concat([utf8(`{"userid":"${n}`), Buffer.from([0xc0, 0x80]), utf8('"}')]),
  'a truncated view': n => json(good(n)).subarray(0, -20),
  '10,000 levels': n => utf8(nested(n)),
  '10,000 levels as an id': n => utf8(`{"event":"ProductView","userid":${nested(n)}}`),
  'no value': () => null,
  'an empty value': () => Buffer.alloc(0),
  '__proto__ alone': n => utf8(`{"__proto__":${JSON.stringify(good(n))}}`),
  'constructor alone': n => utf8(`{"constructor":{"prototype":${JSON.stringify(good(n))}}}`),
  NaN: n => utf8(`{"event":"ProductView","userid":NaN,"messageid":"${n}"}`),
  '1e400 as a time': n => utf8(JSON.stringify(good(n)).replace(/"timestamp":"[^"]*"/, '"timestamp":1e400')),
  'a missing user': n => json({ ...good(n), userid: undefined }),
  'a missing product': n => json({ ...good(n), properties: {} }),
  'a lone surrogate': n => utf8(JSON.stringify(good(n)).replace('poisoned', '\\ud800')),
  'a foreign schema': n => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), utf8(`avro-${n}`)]),
  'a foreign event': n => json({ ...good(n), event: 'OrderPlaced' }),
  'a foreign envelope': n => json({ specversion: '1.0', type: 'com.example.order', id: String(n), data: {} }),
  'a control character': n => withUser(n, `user\u0000${n}`),
  'an id of 257 bytes': n => withUser(n, String(n).padEnd(257, 'x')),
  'an empty id': n => withUser(n, ''),
  'a doubled key': n => utf8(`${JSON.stringify(good(n)).slice(0, -1)},"userid":""}`),
  'a time that is none': n => json({ ...good(n), timestamp: 'yesterday' }),
  'a time long ago': n => json({ ...good(n), timestamp: '1999-12-31T23:59:59Z' }),
  'a list': n => json([good(n)]),
  UTF16: n => Buffer.from(`\ufeff${JSON.stringify(good(n))}`, 'utf16le'),
}

/** 2 MB in one id. */
export const hugePoison: Poison = n => withUser(n, String(n).padEnd(2 * 1024 * 1024, 'x'))

/** `count` poisons of all kinds in turn, a few of them huge. */
export function manyPoisons(count: number): (Buffer | null)[] {
  const kinds = Object.values(poisons)
  const huge = Math.trunc(count / 4)
  return Array.from({ length: count }, (_, n) =>
    (n % huge === 1 ? hugePoison : (kinds[n % kinds.length] as Poison))(n),
  )
}
