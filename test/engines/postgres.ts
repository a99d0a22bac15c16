import { chmodSync } from 'node:fs'
import { connectPostgres } from '#internal/postgres/client.ts'
import { startEmbeddedPostgres } from '#internal/postgres/embedded.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { onceStarted } from './registry.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

let databases = 0

/** A fresh, empty database on the server that all tests share; it is dropped when disposed. */
export async function startTestPostgres(): Promise<TestDatabase> {
  const server = await onceStarted('postgres', async folder => {
    // As root the server has another user, which must reach the folder.
    chmodSync(folder, 0o755)
    const started = await startEmbeddedPostgres({ dataFolder: folder, logger: silentLogger })
    return Object.assign(started, { kill: () => process.kill(started.pid, 'SIGQUIT') })
  })
  databases += 1
  const name = `test_${process.pid}_${databases}`
  return {
    url: await server.createDatabase(name),
    async [Symbol.asyncDispose]() {
      await using admin = connectPostgres({
        url: server.url('postgres'),
        applicationName: 'vitrine-test',
        maxConnections: 1,
        logger: silentLogger,
      })
      await admin.execute(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    },
  }
}
