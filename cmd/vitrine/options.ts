import { InvalidArgumentError } from 'commander'
import { durationForm, parseDuration } from '#internal/domain/duration.ts'

/** An option's address of a service. */
export function httpUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text
  throw new InvalidArgumentError('It must be like http://127.0.0.1:8080.')
}

/** An option's span of time, in milliseconds. */
export function durationOption(text: string): number {
  const duration = parseDuration(text)
  if (duration === null) throw new InvalidArgumentError(`It must be ${durationForm}.`)
  return duration
}
