import type { ServerResponse } from 'node:http'
import type { FakeChange, FakeCluster, FakeObject } from './fake-cluster.ts'

export interface FakeWatchSpec {
  readonly kind: string
  readonly matches: (object: FakeObject) => boolean
  readonly shape: (object: FakeObject) => object
  readonly from: number
  readonly timeoutMs: number
  readonly bookmarks: boolean
}

/** An open watch of the fake API server. */
export interface FakeWatch {
  /** From now on nothing comes, and the connection stays: a black hole. */
  freeze(): void
  end(how: 'politely' | 'reset'): void
}

export function openFakeWatch(
  cluster: FakeCluster,
  response: ServerResponse,
  spec: FakeWatchSpec,
): FakeWatch {
  const { kind, matches, shape, from, timeoutMs, bookmarks } = spec
  let frozen = false
  let seen = from

  const write = (type: string, object: object) => {
    if (!frozen && !response.writableEnded) response.write(`${JSON.stringify({ type, object })}\n`)
  }

  function tell(change: FakeChange): void {
    if (change.kind !== kind) return
    seen = change.version
    const before = change.old !== null && matches(change.old)
    const after = change.now !== null && matches(change.now)
    if (after && change.now) write(before ? 'MODIFIED' : 'ADDED', shape(change.now))
    else if (before && change.old) {
      const { metadata } = change.old
      write(
        'DELETED',
        shape({ ...change.old, metadata: { ...metadata, resourceVersion: String(change.version) } }),
      )
    }
  }

  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  for (const change of cluster.changesAfter(from)) tell(change)
  const unlisten = cluster.listen(tell)
  const timer = setTimeout(() => {
    if (bookmarks)
      write('BOOKMARK', { metadata: { resourceVersion: String(Math.max(seen, cluster.version)) } })
    end('politely')
  }, timeoutMs)
  response.once('close', () => {
    unlisten()
    clearTimeout(timer)
  })

  function end(how: 'politely' | 'reset'): void {
    if (frozen) return
    if (how === 'reset') response.socket?.resetAndDestroy()
    else response.end()
  }

  return {
    freeze() {
      frozen = true
    },
    end,
  }
}
