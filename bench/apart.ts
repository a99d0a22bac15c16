import { fork } from 'node:child_process'
import { once } from 'node:events'

/** Runs a module of the folder apart in a process of its own, with a heap of its own, and resolves with what it found. */
export async function runApart<Task, Found>(module: string, task: Task): Promise<Found> {
  const child = fork(new URL(`apart/${module}`, import.meta.url), {
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
  })
  child.send({ task })
  const found = once(child, 'message')
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${module} ended with ${code} and found nothing`)
  })
  const [message] = await Promise.race([found, ended])
  ended.catch(() => {})
  return message as Found
}

/** The other side: waits for the task, does it, and tells what it found. */
export async function answerApart<Task, Found>(work: (task: Task) => Promise<Found>): Promise<void> {
  const [{ task }] = (await once(process, 'message')) as [{ task: Task }]
  const found = await work(task)
  await new Promise<void>(resolve => process.send?.(found, undefined, {}, () => resolve()))
  process.disconnect()
}

export interface Memory {
  /** What is alive after a collection: heap and arrays. */
  readonly live: number
  /** What the system has given the process. */
  readonly resident: number
}

/** The process' memory in bytes, after all garbage is gone. */
export function memory(): Memory {
  for (let n = 0; n < 3; n++) globalThis.gc?.()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { live: heapUsed + arrayBuffers, resident: rss }
}
