import { z } from 'zod'
import { problems } from './problem.ts'
import type { ProblemCode } from './problem.ts'
import type { Route } from './route.ts'

export interface ApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
}

type Json = Record<string, unknown>

/** OpenAPI 3.1 of the routes, made from the very schemas that check their requests. */
export function openApi(routes: readonly Route[], info: ApiInfo): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { ...info, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].sort().map(name => ({ name })),
    paths,
    components: { schemas: { Problem: problemSchema }, securitySchemes: { key: keyScheme } },
  }
}

function operation(route: Route): Json {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    description: route.description,
    // Without keys, too: on loopback none is asked for.
    ...(route.scope !== null && { security: [{ key: [route.scope] }, {}] }),
    parameters: [
      ...parameters(route.params, 'path'),
      ...parameters(route.query, 'query'),
      ...parameters(route.requestHeaders, 'header'),
    ],
    ...(route.body && { requestBody: requestBody(route) }),
    responses: { ...answers(route), ...problemAnswers(route) },
  }
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query' | 'header'): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }))
}

function requestBody(route: Route): Json {
  const streams = Object.fromEntries(
    (route.streams ?? []).map(type => [
      type,
      { schema: { type: 'string', description: 'One JSON object a line.' } },
    ]),
  )
  const schema = jsonSchema(route.body as z.ZodType, 'input')
  return { required: true, content: { 'application/json': { schema }, ...streams } }
}

function answers(route: Route): Json {
  return Object.fromEntries(
    Object.entries(route.answers).map(
      ([status, { description, schema, example, contentType = 'application/json' }]) => [
        status,
        { description, content: { [contentType]: { schema: jsonSchema(schema, 'output'), example } } },
      ],
    ),
  )
}

function problemAnswers(route: Route): Json {
  const codes: ProblemCode[] = [
    ...(route.refusal ? [] : (['invalid-input'] as const)),
    ...(route.scope === null ? [] : (['unauthorized', 'forbidden'] as const)),
    ...(route.params || route.query || route.requestHeaders ? (['headers-too-large'] as const) : []),
    ...(route.body ? (['too-large', 'unsupported-media-type'] as const) : []),
    'unavailable',
  ]
  return Object.fromEntries(
    codes
      .map(code => ({ code, ...problems[code] }))
      .filter(({ status }) => !(status in route.answers))
      .map(({ code, status, title }) => [
        status,
        {
          description: title,
          content: {
            'application/problem+json': {
              schema: { $ref: '#/components/schemas/Problem' },
              example: { type: `/errors/${code}`, title, status, code, detail: title },
            },
          },
        },
      ]),
  )
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const {
    $schema: _,
    id: __,
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Json
  return rest
}

const keyScheme: Json = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A key of `vitrine keys create`, with the scope that the call names. Asked for where VITRINE_AUTH=keys.',
}

const problemSchema: Json = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', description: 'Leads to a page that says what to do' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(problems) },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['message'],
        properties: {
          pointer: { type: 'string', description: 'JSON pointer into the body' },
          parameter: { type: 'string' },
          header: { type: 'string' },
          message: { type: 'string' },
          reason: { type: 'string' },
        },
      },
    },
    traceId: { type: 'string' },
  },
}
