import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface BareServer extends AsyncDisposable {
  readonly url: string
}

/** A bare koa in a process of its own, as Vitrine's services have theirs. */
export async function startBareServer(): Promise<BareServer> {
  const child = fork(new URL('bare-server.ts', import.meta.url))
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.disconnect()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}
