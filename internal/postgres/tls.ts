import { readFileSync } from 'node:fs'
import { Misconfigured } from '#internal/errors/errors.ts'
import type { ClientConfig } from 'pg'

const modes = ['require', 'verify-ca', 'verify-full'] as const

/**
 * What a URL says of TLS, in our terms: with `ca`, or with any mode that asks for TLS, the server must prove itself by a CA
 * and by its host name, and plain text is never fallen back to. `ca` gives PEM.
 *
 * @throws Misconfigured for a mode that would let an unproven server in
 */
export function tlsOf(url: string, ca?: () => string): Pick<ClientConfig, 'connectionString' | 'ssl'> {
  const parsed = new URL(url)
  const take = (name: string) => {
    const value = parsed.searchParams.get(name)
    parsed.searchParams.delete(name)
    return value
  }
  const [mode, rootFile, certFile, keyFile] = [
    take('sslmode'),
    take('sslrootcert'),
    take('sslcert'),
    take('sslkey'),
  ]
  const isAsked = (modes as readonly (string | null)[]).includes(mode)
  if (mode !== null && mode !== 'disable' && !isAsked) {
    throw new Misconfigured(
      `sslmode=${mode} in a PostgreSQL URL would let in a server that proves nothing: use verify-full, or disable`,
    )
  }
  if (mode === 'disable' && ca !== undefined) {
    throw new Misconfigured('a PostgreSQL URL says sslmode=disable, but a CA is given: leave one of them out')
  }
  // Without a word about TLS the URL goes on as it came.
  if (ca === undefined && !isAsked) return { connectionString: mode === null ? url : parsed.href, ssl: false }
  const root = ca ?? (rootFile === null ? null : () => readFileSync(rootFile, 'utf8'))
  return {
    connectionString: parsed.href,
    ssl: {
      rejectUnauthorized: true,
      ...(certFile !== null && { cert: readFileSync(certFile, 'utf8') }),
      ...(keyFile !== null && { key: readFileSync(keyFile, 'utf8') }),
      ...(root && { ca: root() }),
    },
  }
}
