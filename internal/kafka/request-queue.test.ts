import { expect } from 'chai'
import { createRequire } from 'node:module'
import { cureRequestQueue, curedVersion } from './request-queue.ts'

const require = createRequire(import.meta.url)

interface Queue {
  pending: unknown[]
  throttleCheckTimeoutId: NodeJS.Timeout | null
  scheduleCheckPendingRequests(): void
  destroy(): void
}

describe('request queue of kafkajs', () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue/index.js') as new (options: object) => Queue

  it('is the one that was read: read it again before another version is taken', () => {
    expect((require('kafkajs/package.json') as { version: string }).version).to.equal(curedVersion)
  })

  it('sets no timer while nothing is pending, and one when something is', () => {
    cureRequestQueue()
    cureRequestQueue()
    const queue = new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1_000,
      clientId: 'c',
      broker: 'b',
    })
    queue.scheduleCheckPendingRequests()
    expect(queue.throttleCheckTimeoutId).to.equal(null)
    queue.pending.push({})
    queue.scheduleCheckPendingRequests()
    expect(queue.throttleCheckTimeoutId).not.to.equal(null)
    queue.destroy()
  })
})
