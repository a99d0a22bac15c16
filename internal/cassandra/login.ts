import { checkServerIdentity } from 'node:tls'
import cassandra from 'cassandra-driver'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import type { Login, Tls } from './client.ts'

const { PlainTextAuthProvider } = cassandra.auth

/** Asks for the password at each connection. */
export function authProviderOf({ username, password }: Login): cassandra.auth.AuthProvider {
  return new (class extends PlainTextAuthProvider {
    override newAuthenticator(endpoint: string, name: string) {
      return new PlainTextAuthProvider(username, password()).newAuthenticator(endpoint, name)
    }
  })(username, '')
}

/**
 * The driver copies these for each connection, and so reads the CA anew. It knows nodes by their addresses, which certificates
 * seldom name: the host name of a contact point is as good, since only the CA's holders have a certificate for it.
 */
export function sslOptionsOf({ ca }: Tls, contactPoints: readonly string[]): ConnectionOptions {
  const names = contactPoints.map(point => point.replace(/:\d+$/, ''))
  const options: ConnectionOptions = {
    rejectUnauthorized: true,
    checkServerIdentity: (address: string, certificate: PeerCertificate) => {
      const problem = checkServerIdentity(address, certificate)
      return names.some(name => checkServerIdentity(name, certificate) === undefined) ? undefined : problem
    },
  }
  if (ca) Object.defineProperty(options, 'ca', { enumerable: true, get: () => [ca()] })
  return options
}
