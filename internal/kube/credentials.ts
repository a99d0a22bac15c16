import { createHash } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { Misconfigured } from '#internal/errors/errors.ts'
import type { KubeConfig } from '@kubernetes/client-node'

/** Where the API server is, and how to speak to it. */
export interface Credentials {
  readonly server: URL
  /** The namespace of the kubeconfig's context, or of the pod. */
  readonly namespace: string
  /** What to ask with, fresh for each request: tokens and certificates rotate. */
  requestOptions(): Promise<http.RequestOptions>
  /** Closes idle connections. */
  close(): void
}

export interface KubeconfigChoice {
  /** Path of a kubeconfig; without one it is found as kubectl finds it, and in a pod it is the service account's. */
  readonly kubeconfig?: string
  /** A context of it other than the current one. */
  readonly context?: string
}

/** Idle connections are given up sooner than servers and load balancers give them up. */
const idleConnectionMs = 30_000

/** Reads a kubeconfig. The library weighs 90 MB, so only who speaks to a cluster loads it. */
export async function loadCredentials({ kubeconfig, context }: KubeconfigChoice): Promise<Credentials> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (cause) {
    const named = kubeconfig === undefined ? 'the kubeconfig' : `the kubeconfig ${kubeconfig}`
    throw new Misconfigured(`could not read ${named}: ${(cause as Error).message}`, { cause })
  }
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (cluster === null) {
    const names = config.getContexts().map(({ name }) => name)
    throw new Misconfigured(
      `the kubeconfig has no cluster for the context "${config.getCurrentContext()}"; its contexts: ${names.join(', ') || 'none'}`,
    )
  }
  if (kubeconfig === undefined && isGuess(config)) {
    throw new Misconfigured(
      'there is no kubeconfig: set KUBECONFIG to the path of one, or put it where kubectl looks, ~/.kube/config',
    )
  }
  const agents = createAgents()
  return {
    server: new URL(cluster.server),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    async requestOptions() {
      const options = await authenticated(config)
      if (cluster.proxyUrl !== undefined) return options
      return { ...options, agent: agents.of(cluster.server, options) }
    },
    close: agents.close,
  }
}

/** Finding nothing at all, the library takes a port of this machine that a cluster had long ago. */
const isGuess = (config: KubeConfig) =>
  config.getCurrentContext() === 'loaded-context' &&
  config.getCurrentCluster()?.server === 'http://localhost:8080'

async function authenticated(config: KubeConfig): Promise<https.RequestOptions> {
  const options: https.RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    throw new Misconfigured(`the kubeconfig's credentials can't be used: ${(cause as Error).message}`, {
      cause,
    })
  }
  return options
}

/** Connections are kept while the certificates stay the same; the library's own agents close after each request. */
function createAgents() {
  let current: { readonly fingerprint: string; readonly agent: http.Agent } | null = null

  function of(server: string, options: https.RequestOptions): http.Agent {
    const { ca, cert, key, servername, rejectUnauthorized } = options
    const trust = JSON.stringify([ca, cert, key, servername, rejectUnauthorized])
    const fingerprint = createHash('sha256').update(trust).digest('base64')
    if (current?.fingerprint === fingerprint) return current.agent
    current?.agent.destroy()
    const keep = { keepAlive: true, timeout: idleConnectionMs }
    const agent = server.startsWith('http:')
      ? new http.Agent(keep)
      : new https.Agent({
          ...keep,
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          ...(servername !== undefined && { servername }),
          ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
        })
    current = { fingerprint, agent }
    return agent
  }

  return { of, close: () => current?.agent.destroy() }
}
