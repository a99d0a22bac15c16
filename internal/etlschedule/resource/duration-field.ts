import { z } from 'zod'
import { durationForm, parseDuration } from '#internal/domain/duration.ts'
import { withRules } from './rules.ts'

const tenYearsMs = 3_650 * 86_400_000

/** A span of time as text, such as 90d, above zero and up to ten years; read it by `parseDuration`. */
export function duration(standard: string) {
  return withRules(z.string().max(8), [
    {
      message: `must be ${durationForm}, and above zero`,
      cel: "self.matches('^0*[1-9][0-9]*[smhd]$') && size(self) <= 7",
      holds: text => parseDuration(text) !== null,
    },
    {
      message: 'must be at most 3650d, ten years',
      cel:
        "!self.matches('^[0-9]{1,6}[smhd]$') || int(self.substring(0, size(self) - 1)) * " +
        "{'s': 1, 'm': 60, 'h': 3600, 'd': 86400}[self.substring(size(self) - 1)] <= 315360000",
      holds: text => (parseDuration(text) ?? 0) <= tenYearsMs,
    },
  ]).default(standard)
}
