import kafkajs from 'kafkajs'
import { compressionType } from './codecs.ts'
import { translate, within } from './errors.ts'
import type { Kafka, Message, Producer as Sender, RecordMetadata } from 'kafkajs'
import type { Logger } from '#internal/telemetry/logger.ts'
import type { Cluster } from './errors.ts'
import type { Compression } from './codecs.ts'

export interface OutgoingMessage {
  readonly key: string | null
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

export interface Placed {
  readonly partition: number
  readonly offset: bigint
  /** Epoch milliseconds, the broker's; where a topic keeps the producers' times, ours. */
  readonly appendTime: number
}

/** Chooses a partition for a key among so many. */
export type PartitionChoice = (key: string | null, partitions: number) => number

/** Sends with idempotence and waits for all in-sync replicas. One call at a time: sequence numbers break otherwise. */
export interface Producer extends AsyncDisposable {
  /** Where each message stands, in the order given. Rejects with `Unavailable`, `InvalidInput` or `Misconfigured`. */
  send(batches: readonly { topic: string; messages: readonly OutgoingMessage[] }[]): Promise<Placed[][]>
}

const connectLimitMs = 15_000
const sendLimitMs = 30_000
const disconnectLimitMs = 5_000

export function createProducer(options: {
  kafka: Kafka
  cluster: Cluster
  partition: PartitionChoice
  compression: Compression
  logger: Logger
}): Producer {
  const { kafka, cluster, partition, logger } = options
  const compression = compressionType(options.compression)
  let sender: Sender | null = null
  let troubled = false

  async function connected(): Promise<Sender> {
    if (sender) return sender
    const made = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: () => choosePartition(partition),
    })
    try {
      await within(made.connect(), connectLimitMs, 'connecting a producer')
    } catch (error) {
      await close(made)
      throw error
    }
    sender = made
    return made
  }

  /** After a failure the sequence numbers may be wrong, and a wrong one loses records without a word. */
  async function discard(): Promise<void> {
    const old = sender
    sender = null
    if (old) await close(old)
  }

  return {
    async send(batches) {
      const outgoing = batches.map(({ topic, messages }) => ({ topic, messages: messages.map(toMessage) }))
      try {
        const current = await connected()
        const sending = current.sendBatch({ topicMessages: outgoing, acks: -1, compression })
        const metadata = await within(sending, sendLimitMs, 'sending records')
        if (troubled) logger.info({}, 'Kafka takes records again')
        troubled = false
        return place(outgoing, metadata)
      } catch (error) {
        await discard()
        const translated = translate(error, cluster)
        if (!troubled && translated.code === 'unavailable') {
          troubled = true
          logger.warn({ reason: translated.message }, 'Kafka does not take records')
        }
        throw translated
      }
    },
    [Symbol.asyncDispose]: discard,
  }
}

async function close(sender: Sender): Promise<void> {
  await within(sender.disconnect(), disconnectLimitMs, 'disconnecting a producer').catch(() => undefined)
}

const toMessage = ({ key, value, headers }: OutgoingMessage): Message => ({
  key,
  value,
  headers: { ...headers },
})

/** Notes the choice in the message, so that we know afterwards where it went, and a retry sends it there again. */
function choosePartition(partition: PartitionChoice) {
  return ({
    message,
    partitionMetadata,
  }: {
    message: Message
    partitionMetadata: readonly unknown[]
  }): number => {
    message.partition ??= partition(message.key as string | null, partitionMetadata.length)
    return message.partition
  }
}

function place(
  batches: readonly { topic: string; messages: readonly Message[] }[],
  metadata: readonly RecordMetadata[],
): Placed[][] {
  const bases = new Map(
    metadata.map(one => [
      `${one.topicName}/${one.partition}`,
      { next: BigInt(one.baseOffset as string), appendTime: timeOf(one.logAppendTime) },
    ]),
  )
  return batches.map(({ topic, messages }) =>
    messages.map(({ partition }) => {
      const base = bases.get(`${topic}/${partition}`)
      if (!base) throw new kafkajs.KafkaJSError(`no acknowledgement for partition ${partition} of ${topic}`)
      return { partition: partition as number, offset: base.next++, appendTime: base.appendTime }
    }),
  )
}

function timeOf(logAppendTime: string | undefined): number {
  const time = Number(logAppendTime ?? -1)
  return time >= 0 ? time : Date.now()
}
