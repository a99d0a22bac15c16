import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../.engines')
const packages = { prometheus: 'prometheus', promtool: 'prometheus', jsonnet: 'jsonnet' }

/**
 * The path of a tool: the one on the PATH, else that of its Debian package, fetched once and unpacked beside the engines. Where there
 * is neither, the test is skipped aloud, and CI fails.
 */
export async function toolOrSkip(tool: keyof typeof packages, test: Mocha.Context): Promise<string> {
  const found = await findTool(tool)
  if (found !== null) return found
  process.stdout.write(`\nSKIPPED: needs ${tool}, on the PATH or from Debian’s package ${packages[tool]}\n`)
  return test.skip()
}

async function findTool(tool: keyof typeof packages): Promise<string | null> {
  const kept = join(cache, tool)
  if (existsSync(kept)) return kept
  const onPath = await run(tool, ['--version']).then(
    () => true,
    () => false,
  )
  return onPath ? tool : fetchTool(tool, kept).catch(() => null)
}

async function fetchTool(tool: keyof typeof packages, kept: string): Promise<string> {
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, `${tool}-`))
  try {
    await run('apt-get', ['download', packages[tool]], { cwd: folder, timeout: 120_000 })
    const [archive = ''] = (await readdir(folder)).filter(name => name.endsWith('.deb'))
    await run('dpkg-deb', ['--extract', join(folder, archive), join(folder, 'unpacked')])
    await rename(join(folder, 'unpacked/usr/bin', tool), kept)
    return kept
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
