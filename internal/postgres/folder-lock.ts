import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Misconfigured } from '#internal/errors/errors.ts'

const run = promisify(execFile)

/**
 * Takes a lock file that names this process. It holds as long as the process lives: a lock left by a killed process,
 * or by one whose id another process has meanwhile, is taken over. `Misconfigured` when a living process holds it.
 */
export async function lockFolder(lockFile: string, folder: string): Promise<AsyncDisposable> {
  const mine = JSON.stringify({ pid: process.pid, started: await startOf(process.pid), id: randomUUID() })
  const draft = `${lockFile}.${randomUUID()}`
  await writeFile(draft, mine, { mode: 0o644 })
  try {
    while (!(await place(draft, lockFile))) {
      const theirs = await readFile(lockFile, 'utf8').catch(() => null)
      if (theirs === null) continue
      const holder = await livingHolder(theirs)
      if (holder !== null) {
        throw new Misconfigured(
          `another vitrine (process ${holder}) is using this data folder: ${folder}. Stop it, or choose another folder.`,
        )
      }
      await removeStale(lockFile, theirs)
    }
  } finally {
    await rm(draft, { force: true })
  }
  return {
    async [Symbol.asyncDispose]() {
      if ((await readFile(lockFile, 'utf8').catch(() => null)) === mine) await rm(lockFile, { force: true })
    },
  }
}

/** A hard link appears whole or not at all; false when a lock is there already. */
async function place(draft: string, lockFile: string): Promise<boolean> {
  try {
    await link(draft, lockFile)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two processes may find the same stale lock; the slower one must not remove the quicker one's new lock. */
async function removeStale(lockFile: string, stale: string): Promise<void> {
  const aside = `${lockFile}.${randomUUID()}`
  try {
    await rename(lockFile, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) !== stale) await place(aside, lockFile)
  await rm(aside, { force: true })
}

async function livingHolder(text: string): Promise<number | null> {
  try {
    const { pid, started } = JSON.parse(text) as { pid: number; started: string | null }
    if (!isAlive(pid)) return null
    return (await startOf(pid)) === started ? pid : null
  } catch {
    return null
  }
}

/** Also true for a process of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** When a process started, in whatever unit the system tells: it sets two processes of one id apart. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the name in brackets, which may hold spaces; the start is the 22nd.
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    const listed = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => null)
    return listed?.stdout.trim() || null
  }
}
