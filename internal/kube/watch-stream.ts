import { Unavailable } from '#internal/errors/errors.ts'
import { connectionError, errorOf } from './errors.ts'
import type { IncomingMessage } from 'node:http'
import type { Call, KubeStatus } from './errors.ts'
import type { KubeObject } from './objects.ts'

export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

/** An object in etcd has at most 1.5 MB; a line far beyond that is no event. */
const maxLineLength = 16 * 1024 * 1024

/**
 * The events of a watch's answer, until the server ends it. After `limitMs` it is cut (`Unavailable`), however lively
 * it seems; an ERROR event is an error (`Expired` where the server says 410). Leaving the loop closes the connection.
 */
export async function* watchEvents<T extends KubeObject>(
  response: IncomingMessage,
  { call, limitMs }: { call: Call; limitMs: number },
): AsyncGenerator<WatchEvent<T>> {
  response.setEncoding('utf8')
  const late = setTimeout(() => {
    response.destroy(new Unavailable(`the watch of ${call.what} did not end within ${limitMs} ms`))
  }, limitMs)
  let rest = ''
  try {
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() as string
      if (rest.length > maxLineLength) throw new Unavailable(`the watch of ${call.what} sends no events`)
      for (const line of lines) if (line !== '') yield parseEvent<T>(line, call)
    }
  } catch (error) {
    throw connectionError(call, error)
  } finally {
    clearTimeout(late)
    response.destroy()
  }
}

function parseEvent<T extends KubeObject>(line: string, call: Call): WatchEvent<T> {
  const { type, object } = JSON.parse(line) as { type: string; object: unknown }
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type, object: object as T }
    default: {
      const status = object as KubeStatus
      throw errorOf(call, status.code ?? 500, status)
    }
  }
}
