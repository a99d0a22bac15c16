import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../.engines')
const kept = join(cache, 'promtool')

/**
 * The path of promtool: the one on the PATH, else that of Debian's package, fetched once and unpacked beside the engines; `null`
 * where there is neither.
 */
export async function findPromtool(): Promise<string | null> {
  if (existsSync(kept)) return kept
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' })
    return 'promtool'
  } catch {
    return fetchPromtool().catch(() => null)
  }
}

async function fetchPromtool(): Promise<string> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'prometheus-'))
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: folder, timeout: 120_000 })
    const [archive = ''] = (await readdir(folder)).filter(name => name.endsWith('.deb'))
    await run('dpkg-deb', ['--extract', join(folder, archive), join(folder, 'unpacked')])
    await rename(join(folder, 'unpacked/usr/bin/promtool'), kept)
    return kept
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
