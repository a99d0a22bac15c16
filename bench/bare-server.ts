import { once } from 'node:events'
import Router from '@koa/router'
import Koa from 'koa'
import type { AddressInfo } from 'node:net'

/** The ceiling of everything that is asked by HTTP: koa and its router, and as good as nothing behind them. */
const app = new Koa()
const router = new Router()

const history = JSON.stringify({
  items: Array.from({ length: 10 }, (_, index) => ({
    productId: `product-${index}`,
    viewedAt: '2026-11-01T10:00:00.000Z',
    source: 'desktop',
  })),
  nextCursor: null,
  truncated: false,
})

router.get(['/v1/users/:id/history', '/v1/users/:id/recommendations'], ctx => {
  ctx.type = 'application/json'
  ctx.body = history
})

router.get('/api/v1/user_nav_history_latest_products', ctx => {
  ctx.type = 'application/json'
  ctx.body = history
})

router.post('/v1/views', async ctx => {
  const chunks: Buffer[] = []
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer)
  const given = JSON.parse(Buffer.concat(chunks).toString()) as { messageid?: string } | unknown[]
  const views = Array.isArray(given) ? given.length : 1
  ctx.status = 202
  ctx.type = 'application/json'
  ctx.body = JSON.stringify({ accepted: views, refused: 0 })
})

app.use(router.routes())
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
process.send?.((server.address() as AddressInfo).port)
process.once('disconnect', () => process.exit())
