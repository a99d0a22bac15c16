import type { RecordedView } from '#internal/domain/product-view.ts'
import type { HistoryStore, HistoryTtl } from '#internal/history/store.ts'

export interface StoreUnderTest extends AsyncDisposable {
  readonly store: HistoryStore
}

export interface StoreSettings {
  readonly ttl: HistoryTtl
  readonly now: () => number
}

/** Starts a store, or says why that is not possible on this machine. */
export type StartStore = (settings: StoreSettings) => Promise<StoreUnderTest | { readonly skip: string }>

/** What the parts of the contract use of a store under test. */
export interface HistoryRig {
  readonly store: HistoryStore
  /** The store's clock, epoch milliseconds; moved by hand. */
  now: number
  /** The user's products, newest first. */
  readonly products: (userId: string) => Promise<string[]>
}

const day = 86_400_000
export const ttl: HistoryTtl = { historyMs: 90 * day, viewsMs: 395 * day }

export function view(
  userId: string,
  productId: string,
  at: number,
  more: Partial<RecordedView> = {},
): RecordedView {
  return {
    messageId: `${productId}-${at}`,
    userId,
    productId,
    source: 'desktop',
    timestamp: at,
    effectiveTime: at,
    ...more,
  }
}

/** Starts the store before the tests of this suite, or says loudly why they are skipped. */
export function prepareStore(name: string, start: StartStore): HistoryRig {
  let started: StoreUnderTest
  const rig = {
    now: 0,
    get store() {
      return started.store
    },
    products: async (userId: string) =>
      (await started.store.latest(userId, { limit: 100 })).items.map(({ productId }) => productId),
  }

  before(async function () {
    // Cassandra counts a time to live by its own clock.
    rig.now = Date.now()
    const result = await start({ ttl, now: () => rig.now })
    if ('skip' in result) {
      process.stdout.write(`\nSKIPPED: history store on ${name}: ${result.skip}\n`)
      return this.skip()
    }
    started = result
  })
  after(async () => started?.[Symbol.asyncDispose]())
  return rig
}
