import { Misconfigured } from '#internal/errors/errors.ts'

/** Host, port and database of a PostgreSQL URL, for messages: never its password. */
export function describeServer(url: string): string {
  try {
    const { hostname, port, pathname, searchParams } = new URL(url)
    return `${searchParams.get('host') ?? hostname}:${port || '5432'}${pathname}`
  } catch {
    throw new Misconfigured(
      'a PostgreSQL address must be a URL, postgres://user:password@host:5432/database; what came is not one',
    )
  }
}
