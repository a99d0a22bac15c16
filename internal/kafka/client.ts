import kafkajs from 'kafkajs'
import { createAdmin } from './admin.ts'
import { registerCodecs } from './codecs.ts'
import { consume } from './consumer.ts'
import { createProducer } from './producer.ts'
import { cureRequestQueue } from './request-queue.ts'
import type { KafkaConfig, SASLOptions, logCreator } from 'kafkajs'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Admin } from './admin.ts'
import type { Compression } from './codecs.ts'
import type { ConsumeSpec, Consumer } from './consumer.ts'
import type { PartitionChoice, Producer } from './producer.ts'

export interface KafkaOptions {
  /** "host:port" of some brokers; the others are found through them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly tls?: boolean | { readonly ca: string }
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
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
  const { brokers, logger } = options
  const kafka = new kafkajs.Kafka(configOf(options))
  const admin = createAdmin(kafka, brokers)
  return {
    admin,
    producer: producerOptions => createProducer({ kafka, brokers, logger, ...producerOptions }),
    consume: spec => consume({ kafka, brokers, logger, spec }),
  }
}

function configOf({ brokers, clientId, tls, sasl, logger }: KafkaOptions): KafkaConfig {
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
    ...(tls !== undefined && { ssl: typeof tls === 'boolean' ? tls : { ca: [tls.ca] } }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
  }
}

/** What kafkajs says is for debugging: changes of state are told by us, once each. */
function toDebug(logger: Logger): logCreator {
  return () =>
    ({ namespace, log: { message, timestamp: _timestamp, logger: _logger, ...fields } }) =>
      logger.debug({ kafkajs: namespace, ...fields }, message)
}
