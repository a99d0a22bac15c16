import { hash, randomBytes } from 'node:crypto'
import type { Scope } from './scopes.ts'

/** A key as it is kept: the text itself is nowhere but with whoever asks by it. */
export interface Key {
  /** Names it for people and commands; tells nothing of its text. */
  readonly id: string
  readonly name: string
  /** SHA-256 of the text, in base64. */
  readonly digest: string
  readonly scopes: readonly Scope[]
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** From then on it is refused; `null`: never. */
  readonly expiresAt: number | null
}

/** A new key's text: 256 random bits behind a prefix by which scanners of code find a leaked one. */
export const newKeyText = () => `vtr_${randomBytes(32).toString('base64url')}`

export const digestOf = (text: string) => hash('sha256', text, 'base64')

/** The key of a text. Its id follows from the text, so that the same text is the same key. */
export function keyOf(text: string, about: Pick<Key, 'name' | 'scopes' | 'createdAt' | 'expiresAt'>): Key {
  const { name, scopes, createdAt, expiresAt } = about
  return {
    id: hash('sha256', `id of ${text}`, 'hex').slice(0, 12),
    name,
    digest: digestOf(text),
    scopes,
    createdAt,
    expiresAt,
  }
}
