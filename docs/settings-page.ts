import { z } from 'zod'
import { apiSettings } from '../cmd/api/config.ts'
import { controllerSettings } from '../cmd/controller/config.ts'
import { etlProcessSettings } from '../cmd/etl/config.ts'
import { ingestorSettings } from '../cmd/ingestor/config.ts'
import { loaderSettings } from '../cmd/loader/config.ts'

/** docs/configuration.md: every process's settings, from the schemas that read them. */
export function settingsPage(): string {
  return `# Settings

Every process reads its settings from the environment, an empty variable counting as unset, and ends with all that is
wrong at once. Traces follow OpenTelemetry's own \`OTEL_*\` variables: with \`OTEL_EXPORTER_OTLP_ENDPOINT\` unset there are
none. This page is generated from \`cmd/*/config.ts\`.

${settingsTable('ingestor', ingestorSettings)}
${settingsTable('loader', loaderSettings)}
${settingsTable('api', apiSettings)}
${settingsTable('etl', etlProcessSettings)}
${settingsTable('controller', controllerSettings)}`
}

function settingsTable(title: string, schema: z.ZodObject): string {
  const rows = Object.entries(schema.shape).map(([name, field]) => {
    const { default: standard } = z.toJSONSchema(field as z.ZodType, {
      io: 'output',
      unrepresentable: 'any',
    }) as { default?: unknown }
    const required = !(field as z.ZodType).safeParse(undefined).success
    return `| \`${name}\` | ${required ? 'required' : show(standard)} | ${(field as z.ZodType).description ?? ''} |`
  })
  return `## ${title}\n\n| variable | unless set | what |\n|---|---|---|\n${rows.join('\n')}\n`
}

function show(standard: unknown): string {
  if (standard === undefined || (Array.isArray(standard) && standard.length === 0)) return ''
  return typeof standard === 'number' && standard >= 60_000 && standard % 86_400_000 === 0
    ? `\`${standard / 86_400_000}d\``
    : `\`${JSON.stringify(standard).replaceAll('"', '')}\``
}
