const form = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/

/** Says what {@link parseTimestamp} takes, for messages. */
export const timestampForm = 'an RFC 3339 time with its offset, such as 2026-11-01T10:00:00.000Z'

/** Reads an RFC 3339 time as epoch milliseconds; `null` for any other text, and for days that no calendar has. */
export function parseTimestamp(text: string): number | null {
  const match = form.exec(text)
  if (!match) return null
  const day = Number(match[3])
  if (day < 1 || (day > 28 && day > daysInMonth(Number(match[1]), Number(match[2])))) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}

function daysInMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}
