const hourMs = 3_600_000
const kept = 3

export interface KnownVersion {
  readonly id: string
  readonly snapshotAt: number
  /** When its writing began, epoch milliseconds. */
  readonly writtenAt: number
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
