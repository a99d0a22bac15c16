import { Problem } from './problem.ts'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/** The largest JSON body, unless a route says otherwise. */
export const maxBodyBytes = 1024 * 1024

/** A JSON body must be here within so long; a stream is only limited between two chunks. */
const bodyLimitMs = 30_000

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The type of a body without its parameters, in lower case; `null` when there is none. */
export function contentTypeOf(request: IncomingMessage): string | null {
  return request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? null
}

/** Reads and parses a JSON body within the limit. */
export async function readJson(request: IncomingMessage, limit: number): Promise<unknown> {
  const bytes = await readBytes(request, limit)
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch (cause) {
    throw new Problem('invalid-input', 'the body must be UTF-8', { cause })
  }
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new Problem('invalid-input', 'the body must be JSON', {
      details: [{ pointer: '', message: 'must be JSON' }],
      cause,
    })
  }
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new Problem('too-large', `the body must not be larger than ${limit} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge()
  const timer = setTimeout(() => request.destroy(), bodyLimitMs)
  try {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of chunksOf(request)) {
      size += chunk.length
      if (size > limit) throw tooLarge()
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  } finally {
    clearTimeout(timer)
  }
}

/** The chunks of a body. Who stops reading early can still answer: the connection stays. */
export function chunksOf(body: Readable): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> }
}

/** A client that is answered early may go on sending for so long. */
export const discardLimitMs = 5_000

/** Reads on what nobody wants, for a while: were the connection cut at once, the answer would be lost with it. */
export function discardRest(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return
  if (request.complete && request.readableLength === 0) return
  request.resume()
  if (request.complete) return
  const timer = setTimeout(() => request.destroy(), discardLimitMs)
  request.once('close', () => clearTimeout(timer))
}
