import { readFileSync } from 'node:fs'
import { Misconfigured } from '#internal/errors/errors.ts'
import { isPostgresUrl } from './settings.ts'
import type { EngineSettings } from './engines-settings.ts'

type Engine = 'KAFKA' | 'CASSANDRA'

/** How to log in, and what the engine must prove itself by, in the form that both clients take. */
export interface Access {
  readonly login?: { readonly username: string; readonly password: () => string }
  readonly tls?: { readonly ca?: () => string }
}

/** @throws Misconfigured where settings contradict one another, or a file can't be read */
export function accessOf(settings: EngineSettings, engine: Engine): Access {
  const names = {
    username: `VITRINE_${engine}_USERNAME`,
    usernameFile: `VITRINE_${engine}_USERNAME_FILE`,
    password: `VITRINE_${engine}_PASSWORD`,
    passwordFile: `VITRINE_${engine}_PASSWORD_FILE`,
    tls: `VITRINE_${engine}_TLS`,
    caFile: `VITRINE_${engine}_CA_FILE`,
  } as const
  const username = textOf(settings, names.username, names.usernameFile)?.()
  const password = textOf(settings, names.password, names.passwordFile)
  if ((username === undefined) !== (password === undefined)) {
    throw new Misconfigured(
      username === undefined
        ? `${names.username} is not set, but a password is: set both, or neither`
        : `${names.password} or ${names.passwordFile} is not set, but ${names.username} is: set both, or neither`,
    )
  }
  const caFile = settings[names.caFile]
  const ca = caFile === undefined ? undefined : rereadable(names.caFile, caFile)
  const tls = settings[names.tls] ?? (ca ? 'on' : 'off')
  if (tls === 'off' && ca) {
    throw new Misconfigured(`${names.tls} is off, but ${names.caFile} is set: leave one of them out`)
  }
  return {
    ...(username !== undefined && password !== undefined && { login: { username, password } }),
    ...(tls === 'on' && { tls: ca ? { ca } : {} }),
  }
}

/** PostgreSQL's address, what may change of it as functions. */
export interface PostgresAddress {
  readonly url: string | (() => string)
  readonly ca?: () => string
}

/**
 * `null` where none is set.
 *
 * @throws Misconfigured as {@link accessOf}
 */
export function postgresAddressOf(settings: EngineSettings): PostgresAddress | null {
  const { VITRINE_POSTGRES_URL_FILE: file, VITRINE_POSTGRES_CA_FILE: caFile } = settings
  const text = textOf(settings, 'VITRINE_POSTGRES_URL', 'VITRINE_POSTGRES_URL_FILE')
  if (text === undefined) return null
  const url = text()
  if (!isPostgresUrl(url)) {
    throw new Misconfigured(
      `VITRINE_POSTGRES_URL_FILE: ${file} must hold a PostgreSQL URI such as postgres://user:password@host:5432/database`,
    )
  }
  return {
    url: file === undefined ? url : text,
    ...(caFile !== undefined && { ca: rereadable('VITRINE_POSTGRES_CA_FILE', caFile) }),
  }
}

/** What one of two settings gives: a text, or the file that holds it. */
function textOf<A extends keyof EngineSettings, B extends keyof EngineSettings>(
  settings: EngineSettings,
  direct: A,
  inFile: B,
): (() => string) | undefined {
  const [text, file] = [settings[direct] as string | undefined, settings[inFile] as string | undefined]
  if (text !== undefined && file !== undefined) {
    throw new Misconfigured(`${direct} and ${inFile} are both set: leave one of them out`)
  }
  if (text !== undefined) return () => text
  return file === undefined ? undefined : rereadable(inFile, file)
}

/**
 * Reads a file at each call, without the line's end at its own end. While it can't be read, as when it is just being replaced, what
 * it held before goes on.
 *
 * @throws Misconfigured where it can't be read the first time
 */
export function rereadable(setting: string, file: string): () => string {
  let last: string
  try {
    last = readFileSync(file, 'utf8')
  } catch (error) {
    throw new Misconfigured(`${setting}: ${file} can't be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
  return () => {
    try {
      last = readFileSync(file, 'utf8')
    } catch {
      // The next connection looks again.
    }
    return last.replace(/\r?\n$/, '')
  }
}
