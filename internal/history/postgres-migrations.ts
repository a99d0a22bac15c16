import type { Migration } from '#internal/postgres/migrate.ts'

/** The history's tables in PostgreSQL. Ids compare by bytes, hence COLLATE "C". */
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
CREATE INDEX product_views_messagetime ON productviews.product_views (messagetime);

-- messagetime is the effective time of the newest view.
CREATE TABLE productviews.user_history (
  userid text COLLATE "C" NOT NULL,
  productid text COLLATE "C" NOT NULL,
  messagetime timestamptz NOT NULL,
  source text COLLATE "C" NOT NULL,
  PRIMARY KEY (userid, productid)
);
CREATE INDEX user_history_messagetime ON productviews.user_history (messagetime);

-- Deletions stay when their rows are gone, so that a late view does not bring them back. An empty productid, which
-- no product has, stands for the user's whole history.
CREATE TABLE productviews.user_history_deletions (
  userid text COLLATE "C" NOT NULL,
  productid text COLLATE "C" NOT NULL,
  deletedat timestamptz NOT NULL,
  PRIMARY KEY (userid, productid)
);
CREATE INDEX user_history_deletions_deletedat ON productviews.user_history_deletions (deletedat);
`,
  },
]
