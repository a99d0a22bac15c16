import type { Migration } from '#internal/postgres/migrate.ts'

/** The log's tables in PostgreSQL, in a schema of their own. */
export const eventLogMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE SCHEMA eventlog;

CREATE TABLE eventlog.topic (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  partitions int NOT NULL,
  retention_ms bigint,
  max_record_bytes int NOT NULL
);

-- The lock on a row orders the appends to its partition; times are epoch milliseconds and never go back.
CREATE TABLE eventlog.log_partition (
  topic_id int NOT NULL REFERENCES eventlog.topic,
  partition int NOT NULL,
  next bigint NOT NULL DEFAULT 0,
  last_append_time bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic_id, partition)
) WITH (fillfactor = 50);

-- By topic, then by day of the append: what is older than the topic's retention goes by dropping tables.
CREATE TABLE eventlog.record (
  topic_id int NOT NULL,
  partition int NOT NULL,
  log_offset bigint NOT NULL,
  append_time bigint NOT NULL,
  key bytea,
  value bytea,
  headers json NOT NULL,
  PRIMARY KEY (topic_id, partition, append_time, log_offset)
) PARTITION BY LIST (topic_id);

CREATE TABLE eventlog.group_member (
  group_name text NOT NULL,
  topic_id int NOT NULL REFERENCES eventlog.topic,
  member text NOT NULL,
  expires timestamptz NOT NULL,
  PRIMARY KEY (group_name, topic_id, member)
);

-- The owner's lease has an epoch: a commit of an older one is refused.
CREATE TABLE eventlog.group_partition (
  group_name text NOT NULL,
  topic_id int NOT NULL,
  partition int NOT NULL,
  next bigint NOT NULL DEFAULT 0,
  append_time bigint NOT NULL DEFAULT 0,
  committed boolean NOT NULL DEFAULT false,
  owner text,
  epoch bigint NOT NULL DEFAULT 0,
  expires timestamptz,
  PRIMARY KEY (group_name, topic_id, partition),
  FOREIGN KEY (topic_id, partition) REFERENCES eventlog.log_partition
) WITH (fillfactor = 50);

-- Makes the table of one topic's day where it is missing. Attaching takes a lock that lets appends and reads go on.
CREATE FUNCTION eventlog.make_day(of_topic int, day_start bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text := 'record_' || of_topic;
  child text := parent || '_' || to_char(to_timestamp(day_start / 1000) AT TIME ZONE 'UTC', 'YYYYMMDD');
BEGIN
  IF to_regclass('eventlog.' || child) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE eventlog.%I (LIKE eventlog.record INCLUDING DEFAULTS)', child);
  EXECUTE format('ALTER TABLE eventlog.%I ALTER value SET STORAGE EXTERNAL', child);
  EXECUTE format('ALTER TABLE eventlog.%I ATTACH PARTITION eventlog.%I FOR VALUES FROM (%s) TO (%s)',
    parent, child, day_start, day_start + 86400000);
END $$;

-- Makes a topic where it is missing, with its first days.
CREATE FUNCTION eventlog.make_topic(topic_name text, partition_count int, keep_ms bigint, record_bytes int, now_ms bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  made int;
BEGIN
  INSERT INTO eventlog.topic (name, partitions, retention_ms, max_record_bytes)
  VALUES (topic_name, partition_count, keep_ms, record_bytes)
  ON CONFLICT (name) DO NOTHING RETURNING id INTO made;
  IF made IS NULL THEN RETURN; END IF;
  INSERT INTO eventlog.log_partition (topic_id, partition)
  SELECT made, n FROM generate_series(0, partition_count - 1) n;
  EXECUTE format('CREATE TABLE eventlog.%I (LIKE eventlog.record INCLUDING DEFAULTS) PARTITION BY RANGE (append_time)',
    'record_' || made);
  EXECUTE format('ALTER TABLE eventlog.record ATTACH PARTITION eventlog.%I FOR VALUES IN (%s)', 'record_' || made, made);
  FOR day IN 0..2 LOOP
    PERFORM eventlog.make_day(made, (now_ms / 86400000 + day) * 86400000);
  END LOOP;
END $$;

-- Appends records to several partitions: offsets without gaps and times that never go back are taken under each
-- partition's lock, always in the same order. Records come in the order of their partitions; their bytes stand one
-- after the other in \`bytes\`: key, value, headers as JSON. A length of -1 is null.
CREATE FUNCTION eventlog.append(topic_ids int[], partitions int[], counts int[],
  groups int[], places int[], starts int[], key_lengths int[], value_lengths int[], header_lengths int[], bytes bytea)
RETURNS TABLE (base bigint, append_time bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  bases bigint[] := '{}';
  times bigint[] := '{}';
  one_base bigint;
  one_time bigint;
BEGIN
  FOR i IN 1..array_length(topic_ids, 1) LOOP
    UPDATE eventlog.log_partition p
    SET next = p.next + counts[i],
        last_append_time = greatest(p.last_append_time, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
    WHERE p.topic_id = topic_ids[i] AND p.partition = partitions[i]
    RETURNING p.next - counts[i], p.last_append_time INTO one_base, one_time;
    IF NOT FOUND THEN RAISE EXCEPTION 'the log has no partition % of topic %', partitions[i], topic_ids[i]; END IF;
    bases := bases || one_base;
    times := times || one_time;
  END LOOP;
  INSERT INTO eventlog.record (topic_id, partition, log_offset, append_time, key, value, headers)
  SELECT topic_ids[r.g], partitions[r.g], bases[r.g] + r.place, times[r.g],
    CASE WHEN r.k >= 0 THEN substring(bytes FROM r.start FOR r.k) END,
    CASE WHEN r.v >= 0 THEN substring(bytes FROM r.start + greatest(r.k, 0) FOR r.v) END,
    convert_from(substring(bytes FROM r.start + greatest(r.k, 0) + greatest(r.v, 0) FOR r.h), 'UTF8')::json
  FROM unnest(groups, places, starts, key_lengths, value_lengths, header_lengths) AS r (g, place, start, k, v, h);
  RETURN QUERY SELECT * FROM unnest(bases, times);
END $$;
`,
  },
]
