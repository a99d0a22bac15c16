import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { tlsTrouble } from '#internal/errors/tls.ts'
import type { ISocketFactory } from 'kafkajs'
import type { TLSSocket } from 'node:tls'

export interface Tls {
  /** PEM, asked at each new connection; without it the system's CAs count. */
  readonly ca?: () => string
}

/** Connections to brokers that prove themselves by a CA and by their host names. */
export interface Trust {
  readonly socketFactory: ISocketFactory
  /**
   * Why the last connection was not trusted, in words; `null` when it was, or failed otherwise. kafkajs itself only tries
   * again, until whoever waits has given up.
   */
  trouble(): string | null
}

const keepAliveMs = 60_000

export function createTrust({ ca }: Tls): Trust {
  let trouble: string | null = null
  return {
    trouble: () => trouble,
    socketFactory({ host, port, onConnect }) {
      const connected = () => {
        trouble = null
        onConnect()
      }
      const name = isIP(host) === 0 ? { servername: host } : {}
      const socket: TLSSocket = connect({ host, port, ...name, ...(ca && { ca: [ca()] }) }, connected)
      socket.on('error', error => {
        trouble = tlsTrouble(error)
      })
      socket.setKeepAlive(true, keepAliveMs)
      return socket
    },
  }
}
