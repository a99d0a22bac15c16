/** What keeps a process from being ready, in words; `null` when nothing does. */
export type ReadinessCheck = () => Promise<string | null> | string | null

export interface CheckResult {
  readonly name: string
  readonly problem: string | null
}

/** Readiness of one process: the checks of its parts, asked together, each within two seconds. */
export interface Readiness {
  add(name: string, check: ReadinessCheck): void
  /** From now on not ready, whatever the checks say: the process is leaving. */
  leave(): void
  results(): Promise<readonly CheckResult[]>
}

const checkTimeoutMs = 2_000

export function createReadiness(): Readiness {
  const checks = new Map<string, ReadinessCheck>()
  let leaving = false

  async function ask(name: string, check: ReadinessCheck): Promise<CheckResult> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<string>(resolve => {
      timer = setTimeout(resolve, checkTimeoutMs, `no answer within ${checkTimeoutMs} ms`)
    })
    try {
      return { name, problem: await Promise.race([Promise.resolve().then(check), late]) }
    } catch (error) {
      return { name, problem: error instanceof Error ? error.message : String(error) }
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    add(name, check) {
      checks.set(name, check)
    },
    leave() {
      leaving = true
    },
    async results() {
      if (leaving) return [{ name: 'process', problem: 'shutting down' }]
      return Promise.all([...checks].map(([name, check]) => ask(name, check)))
    },
  }
}
