import type { PublishedSet, Version } from './store.ts'

const hourMs = 3_600_000
const kept = 3

export interface KnownVersion extends Version {
  /** When its writing began, epoch milliseconds. */
  readonly writtenAt: number
}

/** Where the rows of a set stand, in each store. */
export const tableOf: Record<PublishedSet, string> = {
  rankings: 'rankings',
  products: 'products',
  'bought-together': 'bought_together',
}

/** What a store keeps of a version that was published. */
export interface VersionRow {
  readonly version: string
  readonly snapshotat: Date
}

/** What it keeps of each that was begun. */
export interface WrittenVersionRow extends VersionRow {
  readonly writtenat: Date
}

export function toVersion({ version, snapshotat }: VersionRow): Version {
  return { id: version, snapshotAt: snapshotat.getTime() }
}

export function toKnownVersion(row: WrittenVersionRow): KnownVersion {
  return { ...toVersion(row), writtenAt: row.writtenat.getTime() }
}

/** Versions that nobody may read any more: beyond the newest three, not current, and an hour old at least. */
export function versionsToDrop(
  versions: readonly KnownVersion[],
  current: string | null,
  now: number,
): string[] {
  return [...versions]
    .sort((a, b) => b.snapshotAt - a.snapshotAt)
    .slice(kept)
    .filter(({ id, writtenAt }) => id !== current && writtenAt <= now - hourMs)
    .map(({ id }) => id)
}
