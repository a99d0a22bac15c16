import { readdirSync, readFileSync } from 'node:fs'
import type { ApiInfo } from '#internal/http/openapi.ts'
import { version } from './service.ts'

export const apiInfo: ApiInfo = {
  title: 'Vitrine',
  version,
  description:
    'What a shop sends when somebody looks at a product, and what it asks to show next. ' +
    'Errors are problem+json (RFC 9457) that name the field; their type leads to a page that says what to do.',
}

const folder = new URL('../../docs/errors/', import.meta.url)

/** The pages about problems, by code. */
export function readErrorPages(): ReadonlyMap<string, string> {
  const names = readdirSync(folder).filter(name => name.endsWith('.md'))
  return new Map(
    names.map(name => [name.slice(0, -'.md'.length), readFileSync(new URL(name, folder), 'utf8')]),
  )
}
