import type { Migration } from '#internal/postgres/migrate.ts'

/** Ids compare by bytes, as they do on Cassandra. A scope of '' is the whole shop. */
export const ordersPostgresMigrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE SCHEMA IF NOT EXISTS productviews;

      CREATE TABLE productviews.order_views (
        orderid text COLLATE "C" NOT NULL,
        productid text COLLATE "C" NOT NULL,
        categoryid text COLLATE "C" NOT NULL,
        quantity int NOT NULL,
        userid text COLLATE "C" NOT NULL,
        messagetime timestamptz NOT NULL,
        PRIMARY KEY (userid, orderid, productid)
      );
      CREATE TABLE productviews.order_owner (
        orderid text COLLATE "C" PRIMARY KEY,
        userid text COLLATE "C" NOT NULL,
        messagetime timestamptz NOT NULL,
        writtenat timestamptz NOT NULL
      );

      CREATE TABLE productviews.rankings (
        version text COLLATE "C", scope text COLLATE "C", period text, place int,
        productid text COLLATE "C" NOT NULL, buyers int NOT NULL, quantity bigint NOT NULL,
        PRIMARY KEY (version, scope, period, place)
      );
      CREATE TABLE productviews.products (
        version text COLLATE "C", productid text COLLATE "C", categoryid text COLLATE "C" NOT NULL,
        title text, price double precision, instock boolean, createdat timestamptz,
        PRIMARY KEY (version, productid)
      );
      CREATE TABLE productviews.bought_together (
        version text COLLATE "C", productid text COLLATE "C", otherproductid text COLLATE "C", support int NOT NULL,
        PRIMARY KEY (version, productid, otherproductid)
      );

      CREATE TABLE productviews.set_versions (
        name text, version text COLLATE "C", snapshotat timestamptz NOT NULL, writtenat timestamptz NOT NULL,
        PRIMARY KEY (name, version)
      );
      CREATE TABLE productviews.set_pointers (
        name text PRIMARY KEY, version text COLLATE "C" NOT NULL, snapshotat timestamptz NOT NULL
      );

      CREATE TABLE productviews.etl_runs (
        pipeline text, startedat timestamptz, run text COLLATE "C", report jsonb NOT NULL,
        PRIMARY KEY (pipeline, startedat, run)
      );
      CREATE TABLE productviews.etl_state (schedule text COLLATE "C" PRIMARY KEY, state jsonb NOT NULL);
    `,
  },
  {
    version: 2,
    sql: 'ALTER TABLE productviews.bought_together ADD COLUMN score double precision NOT NULL DEFAULT 0',
  },
]
