import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../.engines')
const version = '6.2.2'
const place = join(cache, `newman-${version}`)

/**
 * The path of newman, which runs collections of Postman, fetched once beside the engines: its 150 packages are for one test. Where it
 * can't be had, the test is skipped aloud, and CI fails.
 */
export async function newmanOrSkip(test: Mocha.Context): Promise<string> {
  const program = join(place, 'node_modules/newman/bin/newman.js')
  if (existsSync(program)) return program
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'newman-'))
  try {
    await writeFile(join(folder, 'package.json'), '{"private":true}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--save-exact']
    await run('npm', ['install', ...options, `newman@${version}`], { cwd: folder, timeout: 180_000 })
    await rename(folder, place)
    return program
  } catch {
    process.stdout.write(`\nSKIPPED: needs newman ${version}, for which it takes npm and the network\n`)
    return test.skip()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
