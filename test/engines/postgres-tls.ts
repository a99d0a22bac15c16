import { chmod, chown, copyFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { connectPostgres } from '#internal/postgres/client.ts'
import { startEmbeddedPostgres } from '#internal/postgres/embedded.ts'
import { silentLogger as logger } from '#internal/telemetry/logger.ts'
import type { Postgres } from '#internal/postgres/client.ts'
import type { EmbeddedPostgres } from '#internal/postgres/embedded.ts'
import type { Certificate } from './certificates.ts'

/** A server of one's own that shows a certificate. */
export interface SecurePostgres extends AsyncDisposable {
  readonly server: EmbeddedPostgres
  /** A connection of the superuser. */
  readonly admin: Postgres
  /** Shows another one to who connects from now on. */
  show(certificate: Certificate): Promise<void>
  reload(): Promise<void>
}

/** `folder` must be reachable by every user: as root the server has one of its own. */
export async function startSecurePostgres(folder: string, certificate: Certificate): Promise<SecurePostgres> {
  await using opened = new AsyncDisposableStack()
  const server = opened.use(await startEmbeddedPostgres({ dataFolder: join(folder, 'server'), logger }))
  const admin = opened.use(
    connectPostgres({ url: server.url('postgres'), applicationName: 'test', maxConnections: 1, logger }),
  )

  async function reload(): Promise<void> {
    await admin.query('SELECT pg_reload_conf()')
    await new Promise(resolve => setTimeout(resolve, 300))
  }

  async function place({ certificateFile, keyFile }: Certificate): Promise<void> {
    const { uid, gid } = await stat(server.dataFolder)
    for (const [from, name] of [
      [certificateFile, 'server.crt'],
      [keyFile, 'server.key'],
    ] as const) {
      const file = join(server.dataFolder, name)
      await copyFile(from, file)
      await chmod(file, 0o600)
      await chown(file, uid, gid)
    }
  }

  await place(certificate)
  await admin.execute("ALTER SYSTEM SET ssl_cert_file = 'server.crt'")
  await admin.execute("ALTER SYSTEM SET ssl_key_file = 'server.key'")
  await admin.execute('ALTER SYSTEM SET ssl = on')
  await reload()
  const kept = opened.move()
  return {
    server,
    admin,
    reload,
    async show(another) {
      await place(another)
      await reload()
    },
    [Symbol.asyncDispose]: async () => kept.disposeAsync(),
  }
}
