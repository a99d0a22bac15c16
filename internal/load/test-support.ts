import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until the condition holds; the test's own time limit ends it otherwise. */
export async function eventually(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await sleep(5)
}
