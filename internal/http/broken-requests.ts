import { discardLimitMs } from './body.ts'
import { Problem, problemBody, problems } from './problem.ts'
import type { Duplex } from 'node:stream'

/** Answers what is no request that a route could see, and closes its connection. */
export type AnswerBrokenRequest = (error: NodeJS.ErrnoException, socket: Duplex) => void

/**
 * Without it, Node answers with an empty body and cuts the connection, so that a client that still sends never sees
 * the answer. `answeredInPart` tells that an answer on the connection has begun: nothing can be said there any more.
 */
export function brokenRequests(answeredInPart: (socket: Duplex) => boolean): AnswerBrokenRequest {
  const answered = new WeakSet<Duplex>()
  return (error, socket) => {
    if (answered.has(socket)) return
    answered.add(socket)
    if (error.code === 'ECONNRESET' || !socket.writable || answeredInPart(socket)) {
      socket.destroy()
      return
    }
    socket.end(answerTo(error.code))
    const timer = setTimeout(() => socket.destroy(), discardLimitMs)
    socket.once('close', () => clearTimeout(timer))
  }
}

function answerTo(code: string | undefined): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n'
  const problem =
    code === 'HPE_HEADER_OVERFLOW'
      ? new Problem(
          'headers-too-large',
          `path, query and headers must not be larger than ${maxHeaderBytes} bytes`,
        )
      : new Problem('invalid-input', 'this is no HTTP/1.1 request')
  const body = JSON.stringify(problemBody(problem, undefined))
  return [
    `HTTP/1.1 ${problems[problem.code].status} ${problems[problem.code].title}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

/** How much a request may take before its body. */
export const maxHeaderBytes = 16 * 1024
