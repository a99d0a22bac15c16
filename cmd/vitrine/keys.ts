import { Command, InvalidArgumentError, Option } from 'commander'
import { z } from 'zod'
import { keyOf, newKeyText } from '#internal/access/key.ts'
import { isScope, scopes } from '#internal/access/scopes.ts'
import { durationForm } from '#internal/domain/duration.ts'
import { Misconfigured } from '#internal/errors/errors.ts'
import { table } from '#internal/terminal/table.ts'
import { relative } from '#internal/terminal/times.ts'
import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { runVitrineJob } from '../shared/job.ts'
import { durationOption } from './options.ts'
import type { Key } from '#internal/access/key.ts'
import type { KeyStore } from '#internal/access/key-store.ts'
import type { Scope } from '#internal/access/scopes.ts'

const keysSettings = z.object({ ...processSettings.shape, ...engineSettings.shape })

/** `vitrine keys create|list|revoke`: who may ask. */
export function keysCommand(): Command {
  return new Command('keys')
    .description('keys by which a shop asks, kept in PostgreSQL at VITRINE_POSTGRES_URL')
    .addCommand(createCommand())
    .addCommand(
      new Command('list')
        .description('all keys, without their texts: those are nowhere')
        .option('--json', 'print JSON for programs instead', false)
        .action(({ json }: { json: boolean }) => withKeys(store => list(store, json))),
    )
    .addCommand(
      new Command('revoke')
        .description('refuse a key from now on; every process does within ten seconds')
        .argument('<id>', 'its id, as vitrine keys list shows it')
        .action((id: string) => withKeys(store => revoke(store, id))),
    )
    .addHelpText(
      'after',
      `
Examples:
  vitrine keys create pages --scope recommendations:read views:write
  vitrine keys create partner --scope recommendations:read --expires 90d
  vitrine keys list`,
    )
}

interface CreateOptions {
  readonly scope: readonly Scope[]
  readonly expires?: number
  readonly json: boolean
}

function createCommand(): Command {
  return new Command('create')
    .description('make a key and print it: this once, since only its digest is kept')
    .argument('<name>', 'what it is for, such as the part of the shop that asks by it')
    .addOption(
      new Option('--scope <scopes...>', `what it is good for: ${scopes.join(', ')}`)
        .argParser<Scope[] | undefined>((text, before) => [...(before ?? []), scopeOf(text)])
        .makeOptionMandatory(),
    )
    .option(
      '--expires <duration>',
      `refuse it after so long, ${durationForm} (default: never)`,
      durationOption,
    )
    .option('--json', 'print JSON for programs instead', false)
    .action((name: string, options: CreateOptions) => withKeys(store => create(store, name, options)))
}

function scopeOf(text: string): Scope {
  if (isScope(text)) return text
  throw new InvalidArgumentError(`It must be one of ${scopes.join(', ')}.`)
}

const withKeys = (work: (store: KeyStore) => Promise<void>) =>
  runVitrineJob('keys', keysSettings, async ({ engines }) => {
    await work(engines.keys())
    return 0
  })

async function create(store: KeyStore, name: string, { scope, expires, json }: CreateOptions): Promise<void> {
  const text = newKeyText()
  const now = Date.now()
  const expiresAt = expires === undefined ? null : now + expires
  const key = keyOf(text, { name, scopes: [...new Set(scope)], createdAt: now, expiresAt })
  await store.add(key)
  if (json) return print(JSON.stringify({ ...forPrograms(key), key: text }))
  print(text)
  const until = expiresAt === null ? '' : `, until ${new Date(expiresAt).toISOString()}`
  process.stderr.write(
    `Key ${key.id} is good for ${key.scopes.join(', ')}${until}. It is not shown again. Processes know it within ten seconds.\n`,
  )
}

async function list(store: KeyStore, json: boolean): Promise<void> {
  const keys = await store.all()
  if (json) return print(JSON.stringify({ items: keys.map(forPrograms) }))
  if (keys.length === 0) {
    process.stderr.write('There is no key yet: vitrine keys create makes one.\n')
    return
  }
  const now = Date.now()
  const lines = table(
    keys,
    [
      { head: 'ID', cell: ({ id }) => id },
      { head: 'NAME', cell: ({ name }) => name },
      { head: 'MADE', cell: ({ createdAt }) => relative(createdAt, now), goes: 1 },
      { head: 'EXPIRES', cell: ({ expiresAt }) => expiry(expiresAt, now) },
      { head: 'GOOD FOR', cell: one => one.scopes.join(' ') },
    ],
    process.stdout.columns || Infinity,
  )
  print(lines.join('\n'))
}

async function revoke(store: KeyStore, id: string): Promise<void> {
  if (!(await store.revoke(id))) {
    throw new Misconfigured(`there is no key ${JSON.stringify(id)}: vitrine keys list shows the ids`)
  }
  process.stderr.write(`Revoked ${id}: every process refuses it within ten seconds.\n`)
}

function expiry(expiresAt: number | null, now: number): string {
  if (expiresAt === null) return 'never'
  return expiresAt <= now ? 'expired' : relative(expiresAt, now)
}

function forPrograms({ id, name, scopes: good, createdAt, expiresAt }: Key): object {
  return {
    id,
    name,
    scopes: good,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  }
}

const print = (text: string) => void process.stdout.write(`${text}\n`)
