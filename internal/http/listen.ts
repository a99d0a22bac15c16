import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Misconfigured } from '#internal/errors/errors.ts'
import { brokenRequests, maxHeaderBytes } from './broken-requests.ts'
import type { App } from './app.ts'

export interface ListenOptions {
  readonly app: App
  readonly host: string
  /** 0 picks a free one. */
  readonly port: number
  /** How to choose another port, for the message when this one is taken. */
  readonly portSetting: string
  /** `loopback`: only this machine may reach it; `keys`: the app asks for keys; `none`: whoever reaches it is answered. */
  readonly auth: 'loopback' | 'keys' | 'none'
  /** How long it goes on when it is disposed of, for clients that keep connections; 0 unless given. */
  readonly drainMs?: number
}

export interface Listening extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** A request that stands still for so long ends with its connection. */
const stillLimitMs = 30_000
/** A connection that is kept without a request; longer than proxies keep theirs, which is 60 s as a rule. */
const keepAliveLimitMs = 75_000
/**
 * Clients are told to keep a connection for so long only: those that heed it have left before a server that drains closes it,
 * which would look like a failure if they used it just then.
 */
const keepAliveHintMs = 4_000
/** Requests in hand get so long to end when the server closes. */
const closeLimitMs = 10_000

const lookAgainMs = 50

/** Is the address one that only this machine can reach? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/**
 * Serves an app. Disposing it stops taking connections, answers what is in hand, and closes kept-alive connections; before
 * that, for `drainMs` or until nobody is connected, each answer tells its client that the connection closes, since one that is closed
 * under a request looks like a failure.
 * Rejects with `Misconfigured` when the port is taken, or when the address lies beyond loopback and nobody said that
 * this is meant.
 */
export async function listen({
  app,
  host,
  port,
  portSetting,
  auth,
  drainMs = 0,
}: ListenOptions): Promise<Listening> {
  if (auth === 'loopback' && !isLoopback(host)) {
    throw new Misconfigured(
      `refusing to listen on ${host}, where others could read people's histories: listen on 127.0.0.1, ask for keys (VITRINE_AUTH=keys), or set VITRINE_AUTH=none if something in front decides who may ask`,
    )
  }
  let closing = false
  const connections = new Set<Socket>()
  const inHand = new Set<ServerResponse>()
  const server = createServer(
    {
      headersTimeout: 15_000,
      requestTimeout: 0,
      connectionsCheckingInterval: 5_000,
      maxHeaderSize: maxHeaderBytes,
    },
    (request, response) => {
      if (closing) response.setHeader('Connection', 'close')
      inHand.add(response)
      response.once('close', () => inHand.delete(response))
      void app.callback(request, response)
    },
  )
  server.on('connection', socket => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  const answeredInPart = (socket: unknown) =>
    [...inHand].some(response => response.req.socket === socket && response.headersSent)
  server.on('clientError', brokenRequests(answeredInPart))
  server.setTimeout(stillLimitMs)
  server.keepAliveTimeout = keepAliveHintMs
  server.keepAliveTimeoutBuffer = keepAliveLimitMs - keepAliveHintMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(explainListen(error, host, port, portSetting)))
    server.listen(port, host, resolve)
  })
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    async [Symbol.asyncDispose]() {
      closing = true
      for (const response of inHand) {
        if (!response.headersSent) response.setHeader('Connection', 'close')
      }
      const drainedAt = performance.now() + drainMs
      while (connections.size > 0 && performance.now() < drainedAt) await sleep(lookAgainMs)
      const closed = new Promise<void>(resolve => server.close(() => resolve()))
      const busy = new Set([...inHand].map(response => response.req.socket))
      // Node's own closing of idle connections leaves those that never sent a request.
      for (const socket of connections) if (!busy.has(socket)) socket.destroy()
      const timer = setTimeout(() => server.closeAllConnections(), closeLimitMs)
      await closed
      clearTimeout(timer)
    },
  }
}

function explainListen(error: NodeJS.ErrnoException, host: string, port: number, portSetting: string): Error {
  if (error.code === 'EADDRINUSE') {
    return new Misconfigured(
      `port ${port} is taken by another program: stop it, or choose another port with ${portSetting}`,
    )
  }
  if (error.code === 'EACCES') {
    return new Misconfigured(`no right to listen on port ${port}: choose one above 1023 with ${portSetting}`)
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new Misconfigured(`${host} is no address of this machine: listen on 127.0.0.1`)
  }
  return error
}
