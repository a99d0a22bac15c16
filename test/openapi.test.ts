import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { createApp } from '#internal/http/app.ts'
import { listen } from '#internal/http/listen.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { documentedRoutes } from '../docs/routes.ts'
import { apiInfo, readErrorPages } from '../cmd/shared/documentation.ts'
import { problems } from '#internal/http/problem.ts'
import type { Listening } from '#internal/http/listen.ts'
import type { Route } from '#internal/http/route.ts'

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: { readonly enum?: string[]; readonly pattern?: string; readonly type?: string }
}

interface Document {
  readonly paths: Record<
    string,
    Record<string, { operationId: string; parameters: Parameter[]; responses: Record<string, unknown> }>
  >
}

const committed = JSON.parse(
  readFileSync(new URL('../docs/openapi.json', import.meta.url), 'utf8'),
) as Document
const operations = Object.entries(committed.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    ...operation,
  })),
)

const refusesWrong = (pattern: string | undefined) =>
  pattern !== undefined && !new RegExp(pattern, 'u').test('~wrong~')

describe('the OpenAPI document', () => {
  let routes: Route[]
  let server: Listening
  before(async () => {
    routes = await documentedRoutes()
    const metrics = createMetrics({ service: 'test', version: '0' })
    const app = createApp({
      routes,
      logger: silentLogger,
      metrics,
      info: apiInfo,
      errorPages: readErrorPages(),
    })
    server = await listen({ app, host: '127.0.0.1', port: 0, portSetting: '--port', auth: 'loopback' })
  })
  after(async () => server[Symbol.asyncDispose]())

  const urlOf = (path: string, query = '') => `${server.url}${path.replaceAll(/\{\w+\}/g, 'some-id')}${query}`
  const headers = { 'user-id': 'user-78', 'product-id': 'product-9' }

  it('is the one that is served, and up to date', async () => {
    const served: unknown = await (await fetch(`${server.url}/openapi.json`)).json()
    expect(served).to.deep.equal(committed)
    const { status, stderr } = spawnSync(process.execPath, ['docs/generate.ts', '--check'], {
      encoding: 'utf8',
    })
    expect(stderr).to.equal('')
    expect(status).to.equal(0)
  })

  it('names calls that all answer as it says', async () => {
    expect(operations.length).to.be.greaterThan(7)
    for (const { path, method, responses } of operations) {
      const body =
        method === 'POST'
          ? JSON.stringify({ event: 'ProductView', userid: 'u', properties: { productid: 'p' } })
          : null
      const response = await fetch(urlOf(path), {
        method,
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      })
      expect(Object.keys(responses), `${method} ${path}`).to.include(String(response.status))
      const route = routes.find(one => one.path === path && one.method === method)
      const answer = route?.answers[response.status]
      expect(answer?.schema.safeParse(await response.json()).error, `${method} ${path}`).to.equal(undefined)
    }
  })

  it('gives examples that keep their own schemas', () => {
    for (const { answers, operationId } of routes) {
      for (const { schema, example } of Object.values(answers)) {
        expect(schema.safeParse(example).error, operationId).to.equal(undefined)
      }
    }
  })

  it('documents exactly the parameters that are checked', async () => {
    for (const { path, method, parameters } of operations.filter(operation => operation.method === 'GET')) {
      for (const { name, schema } of parameters.filter(parameter => parameter.in === 'query')) {
        if (!schema.enum && !refusesWrong(schema.pattern)) continue
        const response = await fetch(urlOf(path, `?${name}=~wrong~`), { method, headers })
        expect(response.status, `${path}?${name}`).to.equal(400)
        expect(await response.json()).to.have.nested.property('errors[0].parameter', name)
      }
      for (const { name } of parameters.filter(({ in: place, required }) => place === 'header' && required)) {
        const response = await fetch(urlOf(path), { method, headers: { ...headers, [name]: '' } })
        expect(response.status, `${path} without ${name}`).to.equal(400)
      }
    }
  })

  it('holds no reference that leads nowhere', () => {
    const references = [...JSON.stringify(committed).matchAll(/"\$ref":"#\/([^"]+)"/g)]
    expect(references).to.not.have.length(0)
    for (const [, path = ''] of references)
      expect(committed).to.have.nested.property(path.replaceAll('/', '.'))
  })

  it('leads from each kind of problem to a page that says what to do', async () => {
    for (const code of Object.keys(problems)) {
      const response = await fetch(`${server.url}/errors/${code}`)
      expect(response.status, code).to.equal(200)
      expect(await response.text()).to.match(/^# .+\n\n\*\*Status \d{3}/)
    }
  })
})
