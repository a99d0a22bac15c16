import type { Migration } from '#internal/postgres/migrate.ts'

export const accessPostgresMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE SCHEMA IF NOT EXISTS access;
      CREATE TABLE IF NOT EXISTS access.keys (
        id text COLLATE "C" PRIMARY KEY, name text NOT NULL, digest text COLLATE "C" NOT NULL UNIQUE,
        scopes text[] NOT NULL, createdat timestamptz NOT NULL, expiresat timestamptz
      );
    `,
  },
]
