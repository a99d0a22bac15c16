import { z } from 'zod'

/** A cron expression, as a CronJob takes it. */
export const cron = z.string().min(1).max(256)

/** An IANA time zone, as a CronJob takes it. */
export const timeZone = z.string().min(1).max(64)
