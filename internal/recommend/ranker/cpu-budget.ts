/** Lets work be done only as far as a share of the time that goes by pays for it. */
export interface CpuBudget {
  /** Does work when there is time for it; false when there is not. What it took is paid back before the next. */
  spend(share: number, work: () => void): boolean
}

/** So much may be saved up while nothing is to be done, milliseconds: what is spent at a stretch keeps answers waiting. */
const mostSavedMs = 2

/** `now` gives milliseconds of a clock that never goes back. */
export function createCpuBudget(now: () => number): CpuBudget {
  let savedMs = 0
  let countedTo = now()
  return {
    spend(share, work) {
      const begin = now()
      savedMs = Math.min(mostSavedMs, savedMs + (begin - countedTo) * share)
      countedTo = begin
      if (savedMs <= 0) return false
      work()
      savedMs -= now() - begin
      return true
    },
  }
}
