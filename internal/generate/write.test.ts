import { expect } from 'chai'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { Conflict } from '#internal/errors/errors.ts'
import { connectPostgres } from '#internal/postgres/client.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { startTestPostgres } from '../../test/engines/postgres.ts'
import { defaultShopOptions } from './options.ts'
import { generateShop } from './shop.ts'
import { writeShop } from './write-shop.ts'
import { viewLine, writeViewsNdjson } from './write-views.ts'

const until = Date.UTC(2026, 10, 1)
const shop = generateShop({ ...defaultShopOptions, until })

async function connected() {
  await using opened = new AsyncDisposableStack()
  const { url } = opened.use(await startTestPostgres())
  const postgres = opened.use(
    connectPostgres({ url, applicationName: 'test', maxConnections: 2, logger: silentLogger }),
  )
  const kept = opened.move()
  return { postgres, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

describe("writing a generated shop's tables", () => {
  it('writes every product, order and line, with keys and references that hold', async () => {
    await using database = await connected()
    const written = await writeShop(database.postgres, shop, { replace: false })
    expect(written).to.deep.equal({
      products: 300,
      orders: [...shop.orders()].length,
      orderItems: [...shop.orderItems()].length,
    })
    const [first] = await database.postgres.query<Record<string, unknown>>(
      'SELECT title, price::float AS price, in_stock, created_at FROM products WHERE product_id = $1',
      ['product-1'],
    )
    const [generated] = shop.products()
    expect(first).to.deep.equal({
      title: generated?.title,
      price: Number(generated?.price),
      in_stock: generated?.inStock,
      created_at: new Date(generated?.createdAt ?? 0),
    })
    const references = await database.postgres.query(
      `SELECT FROM pg_constraint WHERE conrelid = 'order_items'::regclass AND contype = 'f' AND convalidated`,
    )
    expect(references).to.have.length(2)
  })

  it('leaves tables that hold rows as they are, unless told to replace them', async () => {
    await using database = await connected()
    await writeShop(database.postgres, shop, { replace: false })
    const other = generateShop({ ...defaultShopOptions, products: 12, seed: 2, until })
    const refusal = await writeShop(database.postgres, other, { replace: false }).catch(
      (error: unknown) => error,
    )
    expect(refusal).to.be.instanceOf(Conflict)
    expect(await count()).to.equal(300)
    await writeShop(database.postgres, other, { replace: true })
    expect(await count()).to.equal(12)

    async function count() {
      const [row] = await database.postgres.query<{ count: number }>('SELECT count(*) FROM products')
      return row?.count
    }
  })
})

describe('writing generated views', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vitrine-views-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('gives a file with one view a line, in the form that shops send', async () => {
    const file = join(folder, 'views.ndjson')
    const count = await writeViewsNdjson(shop.views(), file)
    const lines = (await readFile(file, 'utf8')).split('\n')
    expect(lines.pop()).to.equal('')
    expect(lines).to.have.length(count)
    expect(lines).to.deep.equal([...shop.views()].map(viewLine))
    expect(Object.keys(JSON.parse(lines[0] ?? ''))).to.deep.equal([
      'event',
      'messageid',
      'userid',
      'properties',
      'context',
      'timestamp',
    ])
  })

  it('leaves an older file as it was when it breaks off', async () => {
    const file = join(folder, 'views.ndjson')
    await writeFile(file, 'older\n')
    function* broken() {
      yield* shop.views()
      throw new Error('broke off')
    }
    const failure = await writeViewsNdjson(broken(), file).catch((error: unknown) => error)
    expect(failure).to.have.property('message', 'broke off')
    expect(await readFile(file, 'utf8')).to.equal('older\n')
    expect(await readdir(folder)).to.deep.equal(['views.ndjson'])
  })

  it('keeps to the pace of a slow stream, and leaves it open', async () => {
    let bytes = 0
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length
        setImmediate(done)
      },
    })
    await writeViewsNdjson(shop.views(), slow)
    expect(slow.writableEnded).to.equal(false)
    expect(bytes).to.equal([...shop.views()].reduce((sum, view) => sum + viewLine(view).length + 1, 0))
  })
})
