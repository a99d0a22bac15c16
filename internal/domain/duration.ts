const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** What {@link parseDuration} takes. */
export const durationPattern = /^(?!0+\D)(\d{1,6})([smhd])$/

/** Reads "90s", "30m", "24h" or "90d" as milliseconds; `null` for anything else, zero included. */
export function parseDuration(text: string): number | null {
  const match = durationPattern.exec(text)
  return match && Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}

/** Says what {@link parseDuration} takes, for messages. */
export const durationForm = 'a whole number and a unit, such as 90s, 30m, 24h or 90d'
