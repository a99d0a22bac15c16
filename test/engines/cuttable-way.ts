import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** A way to an engine that can be cut: then connections break and new ones are refused, as if the engine were away. */
export interface CuttableWay extends AsyncDisposable {
  readonly port: number
  cut(): Promise<void>
  /** The same port leads to the engine again. */
  mend(): Promise<void>
  /** Connections that are open stay so, and carry nothing any more, as behind a router that has forgotten them. */
  silence(): void
}

/** `port` is the engine's, on this machine. */
export async function startCuttableWay(port: number): Promise<CuttableWay> {
  const sockets = new Set<Socket>()
  const server = createServer(incoming => {
    const outgoing = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })

  async function listen(on: number): Promise<number> {
    server.listen(on, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  async function cut(): Promise<void> {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    await closed
  }

  const own = await listen(0)
  return {
    port: own,
    cut,
    async mend() {
      if (!server.listening) await listen(own)
    },
    silence() {
      for (const socket of sockets) socket.unpipe().pause()
    },
    [Symbol.asyncDispose]: cut,
  }
}
