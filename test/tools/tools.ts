import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../.engines')
const longMs = 600_000

/** A program that tests use and Vitrine does not. */
interface Tool {
  /** Where it is below the cache, once it is there. */
  readonly path: string
  /** What it takes to fetch it. */
  readonly needs: string
  /** Puts it, or the folder that holds it, into `folder`, under the first name of `path`. */
  readonly fetch: (folder: string) => Promise<unknown>
}

const fromDebian = (name: string, debianPackage: string): Tool => ({
  path: name,
  needs: `Debian's package ${debianPackage}`,
  async fetch(folder) {
    await run('apt-get', ['download', debianPackage], { cwd: folder, timeout: longMs })
    const [archive = ''] = (await readdir(folder)).filter(file => file.endsWith('.deb'))
    await run('dpkg-deb', ['--extract', join(folder, archive), join(folder, 'unpacked')])
    await rename(join(folder, 'unpacked/usr/bin', name), join(folder, name))
  },
})

const byGo = (name: string, module: string): Tool => ({
  path: name,
  needs: 'Go',
  fetch: folder =>
    run('go', ['install', module], { env: { ...process.env, GOBIN: folder }, timeout: longMs }),
})

const byPip = (name: string, version: string): Tool => ({
  path: `${name}-${version}/bin/${name}`,
  needs: 'Python 3 with venv',
  async fetch(folder) {
    const place = join(folder, `${name}-${version}`)
    await run('python3', ['-m', 'venv', place], { timeout: longMs })
    await run(join(place, 'bin/pip'), ['install', '--quiet', `${name}==${version}`], { timeout: longMs })
    // Its programs name the Python beside them by its place, which is another soon.
    const program = join(place, 'bin', name)
    await writeFile(program, `#!/bin/sh\nexec "$(dirname "$0")/python" -m ${name}.main "$@"\n`)
  },
})

const byNpm = (name: string, version: string, program: string): Tool => ({
  path: `${name}-${version}/node_modules/${name}/${program}`,
  needs: 'npm',
  async fetch(folder) {
    const place = join(folder, `${name}-${version}`)
    await mkdir(place)
    await writeFile(join(place, 'package.json'), '{"private":true}')
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--save-exact']
    await run('npm', ['install', ...options, `${name}@${version}`], { cwd: place, timeout: longMs })
  },
})

const tools = {
  prometheus: fromDebian('prometheus', 'prometheus'),
  promtool: fromDebian('promtool', 'prometheus'),
  jsonnet: fromDebian('jsonnet', 'jsonnet'),
  'kube-score': byGo('kube-score', 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0'),
  checkov: byPip('checkov', '3.3.30'),
  // Its 150 packages are for one test: they are no burden on who installs Vitrine.
  newman: byNpm('newman', '6.2.2', 'bin/newman.js'),
}

/**
 * The path of a tool: fetched once beside the engines, else the one on the PATH. Where it can't be had, the test is skipped aloud, and
 * CI fails.
 */
export async function toolOrSkip(name: keyof typeof tools, test: Mocha.Context): Promise<string> {
  const { path, needs, fetch } = tools[name]
  const kept = join(cache, path)
  if (existsSync(kept)) return kept
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, `${name}-`))
  try {
    await fetch(folder)
    const [whole = ''] = path.split('/')
    await rename(join(folder, whole), join(cache, whole))
    return kept
  } catch (error) {
    if (await isOnPath(name)) return name
    const [why] = (error as Error).message.split('\n')
    process.stdout.write(`\nSKIPPED: needs ${name}, on the PATH or by ${needs} and the network (${why})\n`)
    return test.skip()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const isOnPath = (name: string) =>
  run(name, ['--version']).then(
    () => true,
    () => false,
  )
