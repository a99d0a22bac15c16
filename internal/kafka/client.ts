import kafkajs from 'kafkajs'
import { createAdmin } from './admin.ts'
import { registerCodecs } from './codecs.ts'
import { consume } from './consumer.ts'
import { createProducer } from './producer.ts'
import { cureRequestQueue } from './request-queue.ts'
import { createTrust } from './trust.ts'
import type { KafkaConfig, logCreator } from 'kafkajs'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Admin } from './admin.ts'
import type { Compression } from './codecs.ts'
import type { ConsumeSpec, Consumer } from './consumer.ts'
import type { PartitionChoice, Producer } from './producer.ts'
import type { Tls, Trust } from './trust.ts'

export interface Login {
  readonly username: string
  /** Asked at each new connection: it may change. */
  readonly password: () => string
}

export interface KafkaOptions {
  /** "host:port" of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  /** With it brokers must prove themselves by a CA and by their host names. */
  readonly tls?: Tls
  /** SCRAM-SHA-512. */
  readonly login?: Login
  readonly logger: Logger
}

export interface KafkaClient {
  readonly admin: Admin
  producer(options: { partition: PartitionChoice; compression: Compression }): Producer
  consume(spec: ConsumeSpec): Consumer
}

/** A client that connects when first used; brokers may be away at the start. */
export function createKafkaClient(options: KafkaOptions): KafkaClient {
  cureRequestQueue()
  registerCodecs()
  const { brokers, tls, logger } = options
  const trust = tls ? createTrust(tls) : null
  const kafka = new kafkajs.Kafka(configOf(options, trust))
  const cluster = { brokers, distrust: () => trust?.trouble() ?? null }
  const admin = createAdmin(kafka, cluster)
  return {
    admin,
    producer: producerOptions => createProducer({ kafka, cluster, logger, ...producerOptions }),
    consume: spec => consume({ kafka, cluster, logger, spec }),
  }
}

function configOf({ brokers, clientId, login, logger }: KafkaOptions, trust: Trust | null): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3_000,
    authenticationTimeout: 5_000,
    requestTimeout: 10_000,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5, restartOnFailure: async () => false },
    logLevel: kafkajs.logLevel.INFO,
    logCreator: toDebug(logger),
    ...(trust && { ssl: true, socketFactory: trust.socketFactory }),
    ...(login && { sasl: saslOf(login) }),
  }
}

/** kafkajs looks at these each time it logs in. */
function saslOf({ username, password }: Login): NonNullable<KafkaConfig['sasl']> {
  return {
    mechanism: 'scram-sha-512',
    username,
    get password() {
      return password()
    },
  }
}

/** What kafkajs says is for debugging: changes of state are told by us, once each. */
function toDebug(logger: Logger): logCreator {
  return () =>
    ({ namespace, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) =>
      logger.debug({ kafkajs: namespace, ...fields }, message)
}
