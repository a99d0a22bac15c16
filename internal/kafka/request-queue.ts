import { createRequire } from 'node:module'

/** The version whose inner works were read. */
export const curedVersion = '2.2.4'

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

/**
 * kafkajs looks for pending requests by a timer that it sets again each time, also while nothing is pending: a busy
 * loop of thousands of timers a second that Node warns about. With this it sets the timer only when something waits.
 * Does nothing to any version but the one that was read.
 */
export function cureRequestQueue(): void {
  const require = createRequire(import.meta.url)
  const { version } = require('kafkajs/package.json') as { version: string }
  if (version !== curedVersion) return
  const { prototype } = require('kafkajs/src/network/requestQueue/index.js') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  if (cured.has(schedule)) return
  function scheduleIfPending(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this)
  }
  cured.add(scheduleIfPending)
  prototype.scheduleCheckPendingRequests = scheduleIfPending
}

const cured = new WeakSet<(this: RequestQueue) => void>()
