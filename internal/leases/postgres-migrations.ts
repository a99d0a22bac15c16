import type { Migration } from '#internal/postgres/migrate.ts'

export const leasesPostgresMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE SCHEMA IF NOT EXISTS productviews;
      CREATE TABLE IF NOT EXISTS productviews.leases (
        name text COLLATE "C" PRIMARY KEY, holder text NOT NULL, expiresat timestamptz NOT NULL
      );
    `,
  },
]
