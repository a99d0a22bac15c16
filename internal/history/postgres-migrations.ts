import type { Migration } from '#internal/postgres/migrate.ts'

/** Ids compare by bytes, as they do on Cassandra and in memory. */
export const historyPostgresMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE SCHEMA IF NOT EXISTS productviews;

      CREATE TABLE productviews.product_views (
        messageid text COLLATE "C" NOT NULL,
        event text NOT NULL,
        userid text COLLATE "C" NOT NULL,
        productid text COLLATE "C" NOT NULL,
        source text COLLATE "C" NOT NULL,
        messagetime timestamptz NOT NULL,
        PRIMARY KEY (userid, messagetime, messageid)
      );
      CREATE INDEX product_views_by_time ON productviews.product_views USING brin (messagetime);

      CREATE TABLE productviews.user_history (
        userid text COLLATE "C" NOT NULL,
        productid text COLLATE "C" NOT NULL,
        messagetime timestamptz NOT NULL,
        source text COLLATE "C" NOT NULL,
        PRIMARY KEY (userid, productid)
      );
      CREATE INDEX user_history_by_time ON productviews.user_history USING brin (messagetime);

      -- An empty productid stands for all of a user's products: no product has it.
      CREATE TABLE productviews.user_history_deletions (
        userid text COLLATE "C" NOT NULL,
        productid text COLLATE "C" NOT NULL,
        deletedat timestamptz NOT NULL,
        PRIMARY KEY (userid, productid)
      );
      CREATE INDEX user_history_deletions_by_time ON productviews.user_history_deletions USING brin (deletedat);
    `,
  },
]
