import { expect } from 'chai'
import { Misconfigured, Unavailable } from '#internal/errors/errors.ts'
import { createFakeOrdersStore } from './fake-store.ts'
import { withSnapshot } from './shop-database.ts'
import { openDatabase, run, shopTables } from './test-support.ts'
import type { TestDatabase } from './test-support.ts'

/** A shop whose tables are named and shaped in a way of its own. */
const ownTables = `
  CREATE TABLE article (no int PRIMARY KEY, grp varchar(20), label text, cents int, stock int, since date);
  CREATE TABLE sale (id uuid PRIMARY KEY, customer bigint, day date NOT NULL);
  CREATE TABLE position (sale uuid REFERENCES sale, article int REFERENCES article, amount numeric NOT NULL);
  INSERT INTO article VALUES (1, 'wear', 'A hat', 950, 3, '2026-01-01'), (2, 'wear', 'A shoe', 2000, 0, NULL);
  INSERT INTO sale VALUES ('00000000-0000-0000-0000-000000000001', 7, now() - interval '2 days'),
    ('00000000-0000-0000-0000-000000000002', 8, now() - interval '1 day');
  INSERT INTO position SELECT id, no, 2 FROM sale, article;`

const sales = `SELECT s.id AS orderid, p.article AS productid, a.grp AS categoryid, p.amount AS quantity,
  s.customer AS userid, s.day AS messagetime
FROM sale s JOIN position p ON p.sale = s.id JOIN article a ON a.no = p.article`

const failureIn = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (failure: unknown) => failure,
  )

describe("a run of the shop's own query", function () {
  this.timeout(60_000)
  let shop: TestDatabase
  before(async () => {
    shop = await openDatabase(ownTables)
  })
  after(async () => shop[Symbol.asyncDispose]())

  const runOf = async (query: string, store = createFakeOrdersStore()) => run(shop, store, { query })
  const failureOf = async (query: string) => {
    const report = await runOf(query)
    expect(report, query).to.include({ result: 'Failed', retryable: false, rowsWritten: 0 })
    return report.message
  }
  const contents = async () => {
    const tables = ['article', 'sale', 'position']
    return Promise.all(tables.map(name => shop.postgres.query(`SELECT xmin::text, * FROM ${name}`)))
  }

  it('reads a shop whose tables are all of its own making, numbers, dates and uuids included', async () => {
    const store = createFakeOrdersStore()
    expect(await runOf(sales, store)).to.include({ result: 'Succeeded', rowsRead: 4, message: '' })
    const lines = await store.ordersOfUser('7')
    expect(
      lines.map(({ productId, categoryId, quantity }) => `${productId} ${categoryId} ${quantity}`),
    ).to.have.members(['1 wear 2', '2 wear 2'])
  })

  it('reads a catalogue with the columns that the query gives, and none of the others', async () => {
    const store = createFakeOrdersStore()
    const products = { pipeline: 'products', schedule: 'products' } as const
    const query = `SELECT no AS productid, grp AS categoryid, label AS title, cents / 100.0 AS price,
      stock > 0 AS instock, since AS createdat FROM article`
    expect(await run(shop, store, { ...products, query })).to.include({ result: 'Succeeded', rowsWritten: 2 })
    const read = async () => {
      const version = await store.currentVersion('products')
      return (
        version && (await Array.fromAsync(store.products(version))).find(({ productId }) => productId === '1')
      )
    }
    const hat = { productId: '1', categoryId: 'wear', title: 'A hat', price: 9.5, inStock: true }
    expect(await read()).to.deep.equal({ ...hat, createdAt: Date.UTC(2026, 0, 1) })
    const lean = await run(shop, store, {
      ...products,
      query: 'SELECT no AS productid, grp AS categoryid FROM article',
    })
    expect(lean).to.include({ result: 'Succeeded', mode: 'full' })
    expect(await read()).to.deep.equal({ ...hat, title: null, price: null, inStock: null, createdAt: null })
  })

  it('takes comments and semicolons at the end as psql does, and WITH, UNION and VALUES', async () => {
    for (const query of [
      `${sales};`,
      `-- our sales\n${sales} -- all of them;`,
      `${sales} ; /* all; of /* them */ */ ;\n`,
      `WITH sold AS (${sales}) SELECT * FROM sold ORDER BY userid LIMIT 10;`,
      `(${sales}) UNION ALL (${sales} LIMIT 0)`,
    ]) {
      expect(await runOf(query), query).to.include({ result: 'Succeeded', rowsRead: 4 })
    }
    const values = "VALUES ('o', 'p', 'c', 1, 'u', now())"
    const named = `SELECT * FROM (${values}) AS v (orderid, productid, categoryid, quantity, userid, messagetime)`
    expect(await runOf(named)).to.include({ result: 'Succeeded', rowsRead: 1 })
  })

  it('names the columns that are missing, or of a kind that can not be read', async () => {
    expect(await failureOf('SELECT 1 AS orderid, 2 AS extra')).to.match(
      /no column productid, categoryid, quantity, userid, messagetime: it gives orderid, extra/,
    )
    const wrong = `SELECT '{}'::json AS orderid, 'p' AS productid, 'c' AS categoryid, 'two' AS quantity, true AS userid, 'now' AS messagetime`
    const said = await failureOf(wrong)
    expect(said).to.match(/column orderid must be an id .*, it is json/)
    expect(said).to.match(/column quantity must be a number .*, it is text/)
    expect(said).to.match(/column userid must be an id .*, it is boolean/)
    expect(said).to.match(/column messagetime must be a time .*, it is text/)
    expect(said).to.not.match(/productid|categoryid/)
  })

  it("shows where a mistake stands in the shop's own text", async () => {
    expect(await failureOf('SELECT *\nFORM sale')).to.match(
      /syntax error at or near "FORM".*\(line 2, column 1\)/,
    )
    expect(await failureOf("SELECT '😀',\n  id, kunde FROM sale;")).to.match(
      /column "kunde" does not exist \(line 2, column 7\)/,
    )
    expect(await failureOf('SELECT * FROM nowhere')).to.match(
      /relation "nowhere" does not exist \(line 1, column 15\)/,
    )
    expect(await failureOf('-- nothing')).to.match(/syntax error at end of input/)
    expect(await failureOf(`${sales} WHERE s.customer = $1`)).to.match(/there is no parameter \$1/)
  })

  it('refuses every attempt to write, to run a second statement or to leave its parentheses, and changes nothing', async () => {
    await shop.postgres.execute(`
      CREATE OR REPLACE FUNCTION sneak() RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN DELETE FROM position; RETURN 1; END $$;
      CREATE SEQUENCE IF NOT EXISTS counter`)
    const before = await contents()
    for (const attack of [
      `${sales}; COMMIT; DELETE FROM position`,
      `${sales}; DELETE FROM position`,
      `${sales}; DELETE FROM position;`,
      `${sales}) AS q; DELETE FROM position; SELECT * FROM (${sales}`,
      `${sales}) AS q (a, b, c, d, e, f) CROSS JOIN (${sales}`,
      `${sales}\n) AS q --`,
      `${sales} /* `,
      `COMMIT`,
      `DELETE FROM position RETURNING *`,
      `WITH gone AS (DELETE FROM position RETURNING *) ${sales}`,
      `INSERT INTO sale SELECT gen_random_uuid(), 1, now() RETURNING *`,
      `${sales.replace('FROM', 'INTO stolen FROM')}`,
      `COPY sale TO PROGRAM 'cat > /tmp/vitrine-stolen'`,
      `COPY (${sales}) TO PROGRAM 'cat'`,
      `DO $$ BEGIN DELETE FROM position; END $$`,
      `CALL sneak()`,
      `EXPLAIN ANALYZE DELETE FROM position`,
      `SET transaction_read_only = off`,
      `TRUNCATE position`,
      `${sales} WHERE sneak() = 1`,
      `${sales} WHERE nextval('counter') > 0`,
      `${sales} WHERE set_config('transaction_read_only', 'off', false) = 'off' AND sneak() = 1`,
      `${sales} FOR UPDATE OF s`,
    ]) {
      const report = await runOf(attack)
      expect(report, attack).to.include({ result: 'Failed', retryable: false, rowsWritten: 0 })
    }
    expect(await contents()).to.deep.equal(before)
    const [row] = await shop.postgres.query<{ called: boolean }>('SELECT is_called AS called FROM counter')
    expect(row?.called).to.equal(false)
    expect(await runOf(sales), 'and the next good query is read').to.include({
      result: 'Succeeded',
      rowsRead: 4,
    })
  })

  it('repeats no value of a row in its message', async () => {
    const bad = sales.replace('s.customer', "(s.customer || '@example.org')::int")
    expect(await failureOf(bad)).to.match(/invalid input syntax for type integer: "…"$/)
    await shop.postgres.execute(`CREATE FUNCTION complain(who bigint) RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'customer % is odd', who; END $$`)
    const said = await failureOf(sales.replace('s.customer', 'complain(s.customer)'))
    expect(said)
      .to.match(/a function raised an error of its own \(P0001\)/)
      .and.not.match(/odd/)
  })

  it('says what rows that can not be kept have in common', async () => {
    const twice = `${sales} UNION ALL SELECT '00000000-0000-0000-0000-000000000001', 1, 'wear', 1, 9, now()`
    expect(await failureOf(twice)).to.match(/1 orders with more than one userid/)
    const times = `${sales} UNION ALL SELECT '00000000-0000-0000-0000-000000000001', 1, 'wear', 1, 7, now()`
    expect(await failureOf(times)).to.match(/1 orders with more than one messagetime: .*min/)
    const nameless = `${sales} UNION ALL SELECT NULL, 1, 'wear', 1, 7, now()`
    expect(await failureOf(nameless)).to.match(/1 rows without orderid or messagetime: .*IS NOT NULL/)
    const products = 'SELECT grp AS productid, grp AS categoryid FROM article'
    const repeated = await run(shop, createFakeOrdersStore(), { pipeline: 'products', query: products })
    expect(repeated.message).to.match(/1 products more than once: .*DISTINCT ON/)
    const lineless = sales.replace('a.grp', 'CASE WHEN a.no = 1 THEN a.grp END')
    const left = await runOf(lineless)
    expect(left).to.include({ result: 'Succeeded', rowsRead: 2 })
    expect(left.message).to.match(/^2 rows were left out/)
  })

  it('gives a product that stands in several categories one of them, the same everywhere', async () => {
    const store = createFakeOrdersStore()
    const moved = sales.replace('a.grp', "CASE WHEN s.customer = 7 THEN 'a' ELSE 'b' END")
    expect(await runOf(moved, store)).to.include({ result: 'Succeeded' })
    const version = await store.currentVersion('rankings')
    if (!version) throw new Error('nothing is published')
    const best = async (category: string | null) =>
      (await store.ranking(version, category, 'ever', 10)).length
    expect([await best(null), await best('a'), await best('b')]).to.deep.equal([2, 0, 2])
  })

  it('starts from nothing when the query has changed', async () => {
    const store = createFakeOrdersStore()
    expect(await runOf(sales, store)).to.include({ mode: 'full' })
    expect(await runOf(sales, store)).to.include({ mode: 'incremental' })
    const other = await runOf(`${sales} WHERE s.customer = 7`, store)
    expect(other).to.include({ mode: 'full', rowsDeleted: 2 })
    expect(await store.ordersOfUser('8')).to.deep.equal([])
  })

  it('is stopped at the limit of a statement, also when it lifts the limit, and another try may help', async () => {
    const limit = { statementTimeoutMs: 200 }
    const lift = "set_config('statement_timeout', '0', false)"
    for (const before of ['SELECT 1', `SELECT ${lift}`]) {
      const slow = withSnapshot(
        shop.postgres,
        async snapshot => {
          await snapshot.query(before)
          return snapshot.query(`SELECT ${lift}, pg_sleep(60)`)
        },
        limit,
      )
      const error = await failureIn(slow)
      expect(error).to.be.instanceOf(Unavailable)
      expect((error as Error).message).to.match(/^a statement on the shop's database was stopped: .*timeout/)
    }
  })

  it('says that it may not read, and needs none of the tables that stand in for it', async () => {
    await using tables = await openDatabase(shopTables)
    expect(await run(tables, createFakeOrdersStore(), { query: sales })).to.include({ result: 'Failed' })
    await shop.postgres.execute('CREATE ROLE reader; GRANT SELECT ON sale, article TO reader')
    const asReader = withSnapshot(shop.postgres, async snapshot => {
      await snapshot.query("SELECT set_config('role', 'reader', true)")
      return snapshot.query(sales)
    })
    const error = await failureIn(asReader)
    expect(error).to.be.instanceOf(Misconfigured)
    expect((error as Error).message).to.match(/permission denied for table position.*grant SELECT/)
  })
})
