import { join } from 'node:path'
import { storePassword } from './certificates.ts'

/** One node on loopback that keeps all it has in `folder`. */
export function cassandraConfig({
  folder,
  port,
  storagePort,
  asksForLogin,
  storeFile,
}: {
  folder: string
  port: number
  storagePort: number
  asksForLogin: boolean
  /** With it clients must come in TLS. */
  storeFile?: string
}): string {
  return `
cluster_name: vitrine-test
num_tokens: 4
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
commitlog_sync: batch
data_file_directories: [${join(folder, 'data')}]
commitlog_directory: ${join(folder, 'commitlog')}
saved_caches_directory: ${join(folder, 'saved_caches')}
hints_directory: ${join(folder, 'hints')}
cdc_raw_directory: ${join(folder, 'cdc_raw')}
endpoint_snitch: SimpleSnitch
listen_address: 127.0.0.1
rpc_address: 127.0.0.1
native_transport_port: ${port}
storage_port: ${storagePort}
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: 127.0.0.1:${storagePort}
auto_snapshot: false
${asksForLogin ? 'authenticator: PasswordAuthenticator\n' : ''}${storeFile === undefined ? '' : encryptionOf(storeFile)}`
}

function encryptionOf(storeFile: string): string {
  return `client_encryption_options:
  enabled: true
  optional: false
  keystore: ${storeFile}
  keystore_password: ${storePassword}
  store_type: PKCS12
`
}

export const logConfig = `<configuration>
  <appender name="OUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%level [%thread] %date{ISO8601} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level="WARN"><appender-ref ref="OUT"/></root>
</configuration>
`

const exported = [
  'java.base/jdk.internal.misc',
  'java.base/jdk.internal.ref',
  'java.base/sun.nio.ch',
  'java.management.rmi/com.sun.jmx.remote.internal.rmi',
  'java.rmi/sun.rmi.registry',
  'java.rmi/sun.rmi.server',
  'java.sql/java.sql',
]

const openedOfBase = [
  'java.lang.module',
  'jdk.internal.loader',
  'jdk.internal.ref',
  'jdk.internal.reflect',
  'jdk.internal.math',
  'jdk.internal.module',
  'jdk.internal.util.jar',
  'java.io',
  'java.lang',
  'java.lang.reflect',
  'java.nio',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'sun.nio.ch',
  'java.net',
]

/** What Cassandra needs of Java 17's closed modules. */
export const javaModuleFlags: readonly string[] = [
  ...exported.flatMap(name => ['--add-exports', `${name}=ALL-UNNAMED`]),
  ...openedOfBase.flatMap(name => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]),
  '--add-opens',
  'jdk.management/com.sun.management.internal=ALL-UNNAMED',
]
