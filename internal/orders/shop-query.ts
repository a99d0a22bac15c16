import { Misconfigured } from '#internal/errors/errors.ts'
import { sqlPosition } from '#internal/postgres/errors.ts'
import { placeIn, withoutFinalSemicolons } from './query-text.ts'
import { whatServerSaid } from './shop-database.ts'
import type { ShopSnapshot } from './shop-database.ts'
import type { Relation, ShopOrders, ShopProducts } from './shop-source.ts'

/** A column's type as the server tells it; a domain's is that of what it is made of. */
interface ColumnType {
  readonly type: string
  /** PostgreSQL's letter for a kind of types: S for strings, N for numbers. */
  readonly category: string
}

interface Kind {
  /** In words, and a type to cast to. */
  readonly expected: string
  readonly takes: (column: ColumnType) => boolean
}

const id: Kind = {
  expected: 'an id (text, a number or a uuid)',
  takes: ({ type, category }) => type === 'uuid' || 'SNE'.includes(category),
}
const number: Kind = {
  expected: 'a number such as integer or numeric',
  takes: ({ category }) => category === 'N',
}
const text: Kind = { expected: 'text', takes: ({ category }) => category === 'S' }
const truth: Kind = { expected: 'boolean', takes: ({ category }) => category === 'B' }
const time: Kind = {
  expected: 'a time such as timestamptz',
  takes: ({ type }) => type === 'date' || /^timestamp with(out)? time zone$/.test(type),
}

const orderColumns = {
  orderid: id,
  productid: id,
  categoryid: id,
  quantity: number,
  userid: id,
  messagetime: time,
}
const productColumns = { productid: id, categoryid: id }
const optionalProductColumns = { title: text, price: number, instock: truth, createdat: time }

/** Orders as the shop's own SQL gives them, a row per line. */
export async function readOrdersByQuery(
  shop: ShopSnapshot,
  query: string,
): Promise<Pick<ShopOrders, 'lines' | 'changes'>> {
  const relation = await checkQuery(shop, query)
  await checkColumns(shop, relation, orderColumns)
  await checkOrdersAgree(shop, relation)
  const lines = `(
    SELECT orderid, productid, categoryid, quantity, userid, messagetime, messagetime AS changedat, true AS isline
    FROM ${relation} AS query)`
  return { lines, changes: lines }
}

/** The catalogue as the shop's own SQL gives it. */
export async function readProductsByQuery(
  shop: ShopSnapshot,
  query: string,
): Promise<Pick<ShopProducts, 'products'>> {
  const relation = await checkQuery(shop, query)
  const found = await checkColumns(shop, relation, productColumns, optionalProductColumns)
  await checkProductsDiffer(shop, relation)
  const optional = Object.keys(optionalProductColumns).map(name =>
    found.includes(name) ? name : `NULL AS ${name}`,
  )
  return { products: `(SELECT productid, categoryid, ${optional.join(', ')} FROM ${relation} AS query)` }
}

/**
 * The query in parentheses. It must be one statement by itself, so that no parenthesis or comment of it reaches what is
 * around it, and it must be able to stand after FROM, so that it is no write. Nothing of it is run.
 */
async function checkQuery(shop: ShopSnapshot, query: string): Promise<Relation> {
  const sql = withoutFinalSemicolons(query)
  const prepare = 'PREPARE shop_query AS\n'
  const prefix = 'SELECT FROM (\n'
  await refused(query, prepare, shop.query(`${prepare}${sql}`, [], { oneStatement: true }))
  await shop.query('DEALLOCATE shop_query')
  await refused(query, prefix, shop.query(`${prefix}${sql}\n) AS query WHERE false`))
  return `(\n${sql}\n)`
}

/** What the server says of the query, with the place in the shop's own text. */
async function refused(query: string, before: string, asked: Promise<unknown>): Promise<void> {
  try {
    await asked
  } catch (error) {
    if (!(error instanceof Misconfigured)) throw error
    const position = sqlPosition(error)
    const place = position === null ? '' : ` (${placeIn(query, position - before.length)})`
    throw new Misconfigured(
      `the query must be one SELECT, which is read in parentheses: ${whatServerSaid(error)}${place}`,
      { cause: error },
    )
  }
}

/** The names of all columns; rejects when one is missing or of a kind that can't be read. */
async function checkColumns(
  shop: ShopSnapshot,
  relation: Relation,
  required: Record<string, Kind>,
  optional: Record<string, Kind> = {},
): Promise<string[]> {
  // One row of nulls, for which the query itself is not run.
  const noRows = `FROM (VALUES (1)) AS one LEFT JOIN ${relation} AS query ON false`
  const [row] = await shop.query<object>(`SELECT query.* ${noRows}`)
  const found = Object.keys(row ?? {})
  const missing = Object.keys(required).filter(name => !found.includes(name))
  if (missing.length > 0) {
    throw new Misconfigured(`the query gives no column ${missing.join(', ')}: it gives ${found.join(', ')}`)
  }
  const kinds = Object.entries({ ...required, ...optional }).filter(([name]) => found.includes(name))
  const types = await shop.query<ColumnType & { name: string }>(
    `SELECT name, typcategory AS category, coalesce(nullif(typbasetype, 0), pg_type.oid)::regtype::text AS type
     FROM (SELECT ARRAY[${kinds.map(([name]) => `'${name}'`).join()}] AS names,
         ARRAY[${kinds.map(([name]) => `pg_typeof(query.${name})::oid`).join()}] AS types ${noRows}) AS given,
       unnest(names, types) AS column_of(name, type) JOIN pg_type ON pg_type.oid = column_of.type`,
  )
  const wrong = kinds.flatMap(([name, { expected, takes }]) => {
    const type = types.find(one => one.name === name)
    return type && !takes(type) ? [`column ${name} must be ${expected}, it is ${type.type}`] : []
  })
  if (wrong.length > 0) throw new Misconfigured(`the query: ${wrong.join('; ')}; cast what differs`)
  return found
}

/** An order is replaced as a whole, for its one user: rows that disagree on whose or when it was can't be kept. */
async function checkOrdersAgree(shop: ShopSnapshot, relation: Relation): Promise<void> {
  const [row] = await shop.query<{ nameless: number; users: number; times: number }>(
    `SELECT coalesce(sum(nameless), 0)::bigint AS nameless, count(*) FILTER (WHERE users) AS users,
       count(*) FILTER (WHERE times) AS times
     FROM (SELECT count(*) FILTER (WHERE orderid IS NULL OR messagetime IS NULL) AS nameless,
         count(userid) NOT IN (0, count(*)) OR min(userid::text) <> max(userid::text) AS users,
         min(messagetime) <> max(messagetime) AS times
       FROM ${relation} AS query GROUP BY orderid) AS orders`,
  )
  const { nameless = 0, users = 0, times = 0 } = row ?? {}
  if (nameless > 0) {
    throw new Misconfigured(
      `the query gives ${nameless} rows without orderid or messagetime: leave them out by WHERE … IS NOT NULL`,
    )
  }
  if (users > 0) throw new Misconfigured(`the query gives ${users} orders with more than one userid`)
  if (times > 0) {
    throw new Misconfigured(
      `the query gives ${times} orders with more than one messagetime: give the order's own, such as min(…) OVER (PARTITION BY orderid)`,
    )
  }
}

async function checkProductsDiffer(shop: ShopSnapshot, relation: Relation): Promise<void> {
  const [row] = await shop.query<{ repeated: number }>(
    `SELECT count(*) AS repeated FROM (
       SELECT FROM ${relation} AS query WHERE productid IS NOT NULL GROUP BY productid::text HAVING count(*) > 1) AS products`,
  )
  const repeated = row?.repeated ?? 0
  if (repeated > 0) {
    throw new Misconfigured(
      `the query gives ${repeated} products more than once: give a row per product, such as by DISTINCT ON (productid)`,
    )
  }
}
