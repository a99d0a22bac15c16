import { z } from 'zod'
import { settings } from './settings.ts'

/** How to log in to an engine, and to be sure that it is the one. */
function loginSettings<E extends 'KAFKA' | 'CASSANDRA'>(engine: E, name: string, way: string) {
  const shape = {
    USERNAME: settings.text().optional().describe(`User of ${name}, who logs in by ${way}`),
    USERNAME_FILE: settings.text().optional().describe("File with the user's name, in its place"),
    PASSWORD: settings.text().optional().describe(`The user's password`),
    PASSWORD_FILE: settings
      .text()
      .optional()
      .describe(
        'File with the password, in its place; read again at each new connection, so that it may change',
      ),
    TLS: settings
      .choice(['on', 'off'])
      .optional()
      .describe(
        `on: only to a ${name} that proves itself by a CA and its host name; on where a CA file is given`,
      ),
    CA_FILE: settings
      .text()
      .optional()
      .describe(
        "CA certificates (PEM) for that, in the place of the system's; read again at each new connection",
      ),
  }
  type Named = { [K in keyof typeof shape as `VITRINE_${E}_${K}`]: (typeof shape)[K] }
  const named = Object.entries(shape).map(([key, value]) => [`VITRINE_${engine}_${key}`, value])
  return Object.fromEntries(named) as Named
}

/** Where the event log and the store are; the same for every process that uses them. */
export const engineSettings = z.object({
  VITRINE_EVENT_LOG: settings
    .choice(['postgres', 'kafka'])
    .default('postgres')
    .describe('Engine of the event log: postgres or kafka'),
  VITRINE_STORE: settings
    .choice(['postgres', 'cassandra'])
    .default('postgres')
    .describe('Engine of the store: postgres or cassandra'),
  VITRINE_POSTGRES_URL: settings
    .postgresUrl()
    .optional()
    .describe(
      "PostgreSQL URI of Vitrine's own database; needed where the event log or the store is postgres",
    ),
  VITRINE_POSTGRES_URL_FILE: settings
    .text()
    .optional()
    .describe(
      'File with that URI, in its place; its password is read again at each new connection, so that it may change',
    ),
  VITRINE_POSTGRES_CA_FILE: settings
    .text()
    .optional()
    .describe(
      'CA certificates (PEM) by which PostgreSQL must prove itself, and by its host name; read again at each new connection',
    ),
  VITRINE_KAFKA_BROKERS: settings
    .list()
    .optional()
    .describe('Kafka brokers, host:port separated by commas; needed where the event log is kafka'),
  VITRINE_KAFKA_REPLICATION: settings
    .integer(1, 9)
    .default(1)
    .describe('Replicas of a topic that is made new; 3 in production'),
  VITRINE_PARTITIONS: settings
    .integer(1, 256)
    .default(6)
    .describe('Partitions of a topic that is made new; at most so many loaders share the work'),
  ...loginSettings('KAFKA', 'Kafka', 'SCRAM-SHA-512'),
  VITRINE_CASSANDRA_HOSTS: settings
    .list()
    .optional()
    .describe('Cassandra contact points, host:port separated by commas; needed where the store is cassandra'),
  VITRINE_CASSANDRA_DATACENTER: settings
    .text()
    .default('datacenter1')
    .describe('The local data center of Cassandra'),
  VITRINE_CASSANDRA_REPLICATION: settings
    .integer(1, 9)
    .default(1)
    .describe('Replicas in the local data center of a keyspace that is made new; 3 in production'),
  ...loginSettings('CASSANDRA', 'Cassandra', 'a password'),
  VITRINE_HISTORY_TTL: settings
    .duration()
    .default(90 * 86_400_000)
    .describe(
      "How long a product stays in a user's history, from its effective time (90d); run vitrine init after raising it",
    ),
  VITRINE_VIEWS_TTL: settings
    .duration()
    .default(395 * 86_400_000)
    .describe('How long a view stays in product_views, from its timestamp (395d)'),
})

export type EngineSettings = z.output<typeof engineSettings>

/** What every process takes. */
export const processSettings = z.object({
  VITRINE_LOG_LEVEL: settings
    .choice(['error', 'warn', 'info', 'debug'])
    .default('info')
    .describe('Least important log lines to write'),
  VITRINE_INSTANCE: settings
    .text()
    .optional()
    .describe('Name of this instance in groups and leases; the host name and process id unless set'),
})

/** What a process with a port takes. */
export const serverSettings = z.object({
  VITRINE_HOST: settings.text().default('127.0.0.1').describe('Address to listen on'),
  VITRINE_PORT: settings
    .integer(0, 65_535)
    .default(8080)
    .describe('Port of the HTTP interface; 0 picks a free one'),
  VITRINE_DRAIN_SECONDS: settings
    .integer(0, 15)
    .default(0)
    .describe(
      'When it is told to stop, requests are taken for so long, or until nobody is connected; answers say that connections close',
    ),
  VITRINE_AUTH: settings
    .choice(['loopback', 'keys', 'none'])
    .default('loopback')
    .describe(
      'Who is answered. loopback: this machine alone; keys: who brings a key (vitrine keys), kept at VITRINE_POSTGRES_URL; none: whoever reaches the port, since something in front decides who may',
    ),
})

/** The port for probes and metrics. */
export const opsSettings = z.object({
  VITRINE_OPS_HOST: settings.text().default('127.0.0.1').describe('Address of /livez, /readyz and /metrics'),
  VITRINE_OPS_PORT: settings
    .integer(0, 65_535)
    .default(9090)
    .describe('Port of /livez, /readyz and /metrics; 0 picks a free one'),
})
