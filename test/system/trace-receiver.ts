import { once } from 'node:events'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'

/** A span as it came in, with the names of its service and of the library that made it. */
export interface ReceivedSpan {
  readonly service: string
  readonly scope: string
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

/** What a collector of traces is to Vitrine: a place that takes OTLP over HTTP, here as JSON. */
export interface TraceReceiver extends AsyncDisposable {
  /** The settings that send a process's spans here, soon. */
  readonly env: Record<string, string>
  spans(): readonly ReceivedSpan[]
  /** All that came in, as it came. */
  received(): string
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: {
      readonly attributes: readonly {
        readonly key: string
        readonly value: { readonly stringValue?: string }
      }[]
    }
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string }
      readonly spans: readonly Omit<ReceivedSpan, 'service' | 'scope'>[]
    }[]
  }[]
}

export async function startTraceReceiver(): Promise<TraceReceiver> {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    void text(request).then(body => {
      bodies.push(body)
      response.setHeader('content-type', 'application/json').end('{}')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    env: tracesTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    spans: () => bodies.flatMap(body => spansOf(JSON.parse(body) as Export)),
    received: () => bodies.join('\n'),
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

export function tracesTo(endpoint: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  }
}

function spansOf({ resourceSpans }: Export): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = resource.attributes.find(({ key }) => key === 'service.name')
    const service = name?.value.stringValue ?? ''
    return scopeSpans.flatMap(({ scope, spans }) =>
      spans.map(span => ({ ...span, service, scope: scope.name })),
    )
  })
}
