import { readFileSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { openApi } from '#internal/http/openapi.ts'
import { apiSettings } from '../cmd/api/config.ts'
import { etlProcessSettings } from '../cmd/etl/config.ts'
import { ingestorSettings } from '../cmd/ingestor/config.ts'
import { loaderSettings } from '../cmd/loader/config.ts'
import { apiInfo } from '../cmd/shared/documentation.ts'
import { documentedRoutes } from './routes.ts'

/** Writes what is generated from the code; with --check it only compares, and fails where a file is stale. */

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

const configuration = `# Settings

Every process reads its settings from the environment, an empty variable counting as unset, and ends with all that is
wrong at once. Traces follow OpenTelemetry's own \`OTEL_*\` variables: with \`OTEL_EXPORTER_OTLP_ENDPOINT\` unset there are
none. This page is generated from \`cmd/*/config.ts\`.

${settingsTable('ingestor', ingestorSettings)}
${settingsTable('loader', loaderSettings)}
${settingsTable('api', apiSettings)}
${settingsTable('etl', etlProcessSettings)}`

const generated: Record<string, string> = {
  'configuration.md': configuration,
  'openapi.json': `${JSON.stringify(openApi(await documentedRoutes(), apiInfo), null, 2)}\n`,
}

const check = process.argv.includes('--check')
for (const [name, text] of Object.entries(generated)) {
  const file = new URL(name, import.meta.url)
  if (!check) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`docs/${name} is stale: run make generate\n`)
    process.exitCode = 1
  }
}
