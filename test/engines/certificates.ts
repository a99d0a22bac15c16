import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const openssl = (args: readonly string[]) => run('openssl', [...args])
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** A certificate with its key, as files of the kinds that engines take. */
export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
  /** PKCS #12 with both, under {@link storePassword}. */
  readonly storeFile: string
}

export const storePassword = 'only-for-tests'

export interface Authority {
  /** PEM of the authority itself. */
  readonly caFile: string
  /** Makes a certificate for a host name, and others beside it; `days` below 0: one that has expired. */
  issue(host: string, days?: number, others?: readonly string[]): Promise<Certificate>
}

/** A temporary folder with the files of two authorities: ours, and one that nobody should trust. */
export async function createAuthorities(opened: AsyncDisposableStack) {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-tls-'))
  opened.defer(() => rm(folder, { recursive: true }))
  const [ours, others] = [await createAuthority(folder, 'ours'), await createAuthority(folder, 'others')]
  return { folder, ours, others }
}

async function createAuthority(folder: string, name: string): Promise<Authority> {
  const at = (file: string) => join(folder, `${name}-${file}`)
  const [caFile, caKey] = [at('ca.pem'), at('ca.key')]
  const self = ['req', '-x509', ...newKey, '-days', '30', '-subj', `/CN=${name}`]
  await openssl([...self, '-keyout', caKey, '-out', caFile])
  let issued = 0
  return {
    caFile,
    async issue(host, days = 30, others = []) {
      issued += 1
      const [keyFile, request, extensions, certificateFile, storeFile] = [
        at(`${issued}.key`),
        at(`${issued}.csr`),
        at(`${issued}.ext`),
        at(`${issued}.pem`),
        at(`${issued}.p12`),
      ]
      await openssl(['req', ...newKey, '-subj', `/CN=${host}`, '-keyout', keyFile, '-out', request])
      await writeFile(
        extensions,
        `subjectAltName=${[host, ...others].map(name => `DNS:${name}`).join(',')}\n`,
      )
      const sign = ['x509', '-req', '-in', request, '-CA', caFile, '-CAkey', caKey, '-days', String(days)]
      await openssl([...sign, '-extfile', extensions, '-out', certificateFile])
      const pack = ['pkcs12', '-export', '-in', certificateFile, '-inkey', keyFile, '-name', 'server']
      await openssl([...pack, '-passout', `pass:${storePassword}`, '-out', storeFile])
      return { certificateFile, keyFile, storeFile }
    },
  }
}
