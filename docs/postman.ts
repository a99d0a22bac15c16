interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}

interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly pattern?: string
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}

/** As far as a collection is made from it. */
export interface OpenApiDocument {
  readonly info: { readonly title: string; readonly description?: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** The one operation of the ingestor; all others are the api's. */
const ofIngestor = 'sendViews'

/**
 * A collection for Postman and newman of all calls of an OpenAPI document, by their tags, with an example of each and a test that the
 * answer is one of success. Its variables: `api`, `ingestor`, and `key`, which may be empty.
 */
export function postmanCollection({ info, paths }: OpenApiDocument) {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => ['get', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, operation]) => ({
        path,
        method: method.toUpperCase(),
        operation: operation as Operation,
      })),
  )
  const tags = new Set(operations.flatMap(({ operation }) => operation.tags))
  return {
    info: {
      name: info.title,
      description: info.description ?? '',
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    auth: { type: 'bearer', bearer: [{ key: 'token', value: '{{key}}', type: 'string' }] },
    variable: [
      { key: 'api', value: 'http://127.0.0.1:8080' },
      { key: 'ingestor', value: 'http://127.0.0.1:8080' },
      { key: 'key', value: '' },
    ],
    item: [...tags].map(tag => ({
      name: tag,
      item: operations.filter(({ operation }) => operation.tags.includes(tag)).map(requestOf),
    })),
  }
}

function requestOf({ path, method, operation }: { path: string; method: string; operation: Operation }) {
  const { operationId, summary, description = '', parameters = [], requestBody, responses } = operation
  const inPlace = (place: string) => parameters.filter(parameter => parameter.in === place)
  const body = requestBody?.content['application/json']
  const succeeds = Object.keys(responses)
    .filter(code => code.startsWith('2'))
    .map(Number)
  return {
    name: summary,
    event: [
      {
        listen: 'test',
        script: {
          type: 'text/javascript',
          exec: [
            `pm.test('${operationId} succeeds', () => pm.expect(pm.response.code).to.be.oneOf(${JSON.stringify(succeeds)}))`,
          ],
        },
      },
    ],
    request: {
      method,
      description,
      header: [
        ...inPlace('header').map(({ name, description: about = '', required = false }) => ({
          key: name,
          value: exampleOf(name, {}),
          description: about,
          disabled: !required,
        })),
        ...(body === undefined ? [] : [{ key: 'Content-Type', value: 'application/json' }]),
      ],
      ...(body !== undefined && {
        body: {
          mode: 'raw',
          raw: JSON.stringify(example('body', body.schema), null, 2),
          options: { raw: { language: 'json' } },
        },
      }),
      url: {
        raw: `{{${host(operationId)}}}${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
        host: [`{{${host(operationId)}}}`],
        path: path
          .slice(1)
          .replaceAll(/\{(\w+)\}/g, ':$1')
          .split('/'),
        variable: inPlace('path').map(({ name, description: about = '' }) => ({
          key: name,
          value: name === 'id' && path.startsWith('/v1/products/') ? 'product-1' : exampleOf(name, {}),
          description: about,
        })),
        // What may be left out is there to be ticked.
        query: inPlace('query').map(({ name, description: about = '', required = false, schema }) => ({
          key: name,
          value: exampleOf(name, schema),
          description: about,
          disabled: !required,
        })),
      },
    },
  }
}

const host = (operationId: string) => (operationId === ofIngestor ? 'ingestor' : 'api')

/** The smallest value that a schema takes. */
function example(name: string, schema: Schema): unknown {
  const [first] = schema.oneOf ?? []
  if (first) return example(name, first)
  if (schema.const !== undefined) return schema.const
  if (schema.type === 'array') return [example(name, schema.items ?? {})]
  if (schema.type === 'object') {
    return Object.fromEntries(
      (schema.required ?? []).map(key => [key, example(key, schema.properties?.[key] ?? {})]),
    )
  }
  return exampleOf(name, schema)
}

/** By what a name in this interface stands for. */
function exampleOf(name: string, schema: Schema): string {
  if (schema.enum) return String(schema.enum[0])
  if (/guest/i.test(name)) return 'guest-1'
  if (/product|exclude/i.test(name)) return 'product-1'
  // One that nobody gave out is refused.
  if (name === 'cursor') return ''
  if (/limit|price/.test(name)) return '10'
  if (name === 'category') return 'category-1'
  if (name === 'in-stock') return 'true'
  if (/window|after/.test(name)) return '30d'
  return 'user-1'
}
