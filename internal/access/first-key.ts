import { Misconfigured } from '#internal/errors/errors.ts'
import { keyOf, newKeyText } from './key.ts'
import { shopScopes } from './scopes.ts'
import type { KeyStore } from './key-store.ts'

/** Where an install's first key lies for those who deploy it, such as a Secret. */
export interface KeyPlace {
  /** How people know it, for messages. */
  readonly name: string
  /** The key's text; `null` while there is none. */
  read(): Promise<string | null>
  /** Puts a text there; false when there was one meanwhile. */
  create(text: string): Promise<boolean>
}

const leastLength = 32

/**
 * Sees to it that the key in a place is a key of the shop's scopes: one that lies there is taken as it is, and where there is
 * none one is made. Harmless when repeated or done by two at once. True when the key was not known before.
 */
export async function ensureFirstKey(options: {
  place: KeyPlace
  store: KeyStore
  now: () => number
}): Promise<boolean> {
  const { place, store, now } = options
  const text = (await place.read()) ?? (await putNew(place))
  if (text.length < leastLength || !/^[\w.~+/-]+=*$/.test(text)) {
    throw new Misconfigured(
      `what ${place.name} holds is no key: put at least ${leastLength} letters, digits or -._~+/ there, or delete it and one is made`,
    )
  }
  return store.add(keyOf(text, { name: 'first', scopes: shopScopes, createdAt: now(), expiresAt: null }))
}

async function putNew(place: KeyPlace): Promise<string> {
  const text = newKeyText()
  if (await place.create(text)) return text
  const others = await place.read()
  if (others === null) throw new Misconfigured(`${place.name} is made and deleted again by somebody else`)
  return others
}
