import { sqlState } from '#internal/postgres/errors.ts'
import { unknownTopic } from './refusals.ts'
import type { Queryable } from '#internal/postgres/client.ts'
import type { TopicSpec } from './log.ts'

export interface PostgresTopic {
  readonly id: number
  readonly partitions: number
  readonly spec: TopicSpec
}

interface TopicRow {
  id: number
  partitions: number
  retention_ms: number | null
  max_record_bytes: number
}

const undefinedTable = '42P01'

/** The topics as the database has them; a topic, once seen, never changes, so it is asked for once. */
export function createPostgresTopics(postgres: Queryable) {
  const known = new Map<string, PostgresTopic>()
  const looking = new Map<string, Promise<PostgresTopic>>()

  async function find(name: string): Promise<TopicRow[]> {
    try {
      return await postgres.query<TopicRow>(
        'SELECT id, partitions, retention_ms, max_record_bytes FROM eventlog.topic WHERE name = $1',
        [name],
      )
    } catch (error) {
      // The tables are not there yet: to a caller that is the same as a topic that is not.
      if (sqlState(error) === undefinedTable) return []
      throw error
    }
  }

  async function look(name: string): Promise<PostgresTopic> {
    const [row] = await find(name)
    if (!row) throw unknownTopic(name)
    const { id, partitions } = row
    const spec = { name, partitions, retentionMs: row.retention_ms, maxRecordBytes: row.max_record_bytes }
    const topic = { id, partitions, spec }
    known.set(name, topic)
    return topic
  }

  return {
    /** Rejects with `Misconfigured` for a topic that is not there. */
    async topic(name: string): Promise<PostgresTopic> {
      const topic = known.get(name)
      if (topic) return topic
      // Callers that ask at once share one question, so that they go on in the order they came.
      const asked = looking.get(name) ?? look(name).finally(() => looking.delete(name))
      looking.set(name, asked)
      return asked
    },
    /** A topic that {@link topic} has found before. */
    known(name: string): PostgresTopic {
      const topic = known.get(name)
      if (!topic) throw unknownTopic(name)
      return topic
    },
    async make({ name, partitions, retentionMs, maxRecordBytes }: TopicSpec): Promise<void> {
      await postgres.execute('SELECT eventlog.make_topic($1, $2, $3, $4, $5)', [
        name,
        partitions,
        retentionMs,
        maxRecordBytes,
        Date.now(),
      ])
    },
  }
}
