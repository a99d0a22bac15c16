import { readFile } from 'node:fs/promises'

/** Names of all metrics that the pages about them list. */
export async function documentedMetrics(): Promise<ReadonlySet<string>> {
  const pages = await Promise.all(
    ['docs/metrics.md', 'docs/controller.md'].map(page => readFile(page, 'utf8')),
  )
  return new Set(Array.from(pages.join('').matchAll(/`([a-z]\w+_\w+)`/g), ([, name = '']) => name))
}

/** Names of the metrics that an expression asks for, of a histogram its own name. */
export function metricsIn(expression: string): string[] {
  const withoutMatchers = expression.replaceAll(/\{[^}]*\}|\b(?:by|without|on) \([^)]*\)/g, '')
  return Array.from(withoutMatchers.matchAll(/\b[a-z]+_\w+\b(?!\()/g), ([name]) =>
    name.replace(/_(?:count|sum|bucket)$/, ''),
  ).filter(name => name !== '__rate_interval')
}
