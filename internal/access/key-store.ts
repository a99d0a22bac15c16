import type { Key } from './key.ts'

/** Keys, kept until they are revoked. Every method rejects with `Unavailable` while the database is away. */
export interface KeyStore {
  /** Keeps a key. One with the same text stays as it is: false then. */
  add(key: Key): Promise<boolean>
  /** All keys, oldest first; those that have expired too. */
  all(): Promise<Key[]>
  /** Deletes a key; false when there is none of this id. */
  revoke(id: string): Promise<boolean>
}
