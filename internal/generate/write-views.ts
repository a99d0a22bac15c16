import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { chunks } from './chunks.ts'
import type { ProductView } from '#internal/domain/product-view.ts'

/** A view as a shop sends it, one line of NDJSON without its line feed. */
export function viewLine(view: ProductView): string {
  return JSON.stringify({
    event: 'ProductView',
    messageid: view.messageId,
    userid: view.userId,
    properties: { productid: view.productId },
    context: { source: view.source },
    timestamp: new Date(view.timestamp).toISOString(),
  })
}

/**
 * Writes views as NDJSON and tells how many. A file appears whole or not at all, an older one of its name stays until
 * then; a stream is written at its own pace and not ended.
 */
export async function writeViewsNdjson(
  views: Iterable<ProductView>,
  to: string | NodeJS.WritableStream,
): Promise<number> {
  let count = 0
  const text = chunks(views, view => {
    count += 1
    return viewLine(view)
  })
  const from = Readable.from(text)
  if (typeof to !== 'string') {
    await pipeline(from, to, { end: false })
    return count
  }
  const unfinished = `${to}.${process.pid}.unfinished`
  try {
    await pipeline(from, createWriteStream(unfinished, { flags: 'wx' }))
    await rename(unfinished, to)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  return count
}
