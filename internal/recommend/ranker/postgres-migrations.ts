import type { Migration } from '#internal/postgres/migrate.ts'

export const rankerPostgresMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE SCHEMA IF NOT EXISTS productviews;
      CREATE TABLE productviews.ranker_weights (
        version int PRIMARY KEY,
        features text NOT NULL,
        weights float8[] NOT NULL,
        memory float8[] NOT NULL,
        lessons bigint NOT NULL,
        publishedat timestamptz NOT NULL,
        scores jsonb NOT NULL
      );
      CREATE TABLE productviews.ranker_switches (name text PRIMARY KEY, ison boolean NOT NULL);
    `,
  },
]
