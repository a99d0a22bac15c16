import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { SpawnOptions } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startUp } from '../system/up.ts'

/**
 * `make fuzz`: a fuzzer made from /openapi.json against a Vitrine of its own, once with a demo shop and once empty. It
 * fails on any finding, and when fewer than `leastCases` were tried. Arguments go to the fuzzer: `--seed 7`.
 */
const leastCases = 5_000
/** With as many examples a call, the other phases included, there are enough. */
const options =
  '--checks all --max-examples 220 --continue-on-failure --generation-database none --report json'.split(' ')

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const requirements = here('requirements.txt')
const environment = here('../../.fuzz/')
const fuzzer = join(environment, 'bin/schemathesis')

const hooks = { PYTHONPATH: here('.'), PYTHONDONTWRITEBYTECODE: '1', SCHEMATHESIS_HOOKS: 'hooks' }

const pythons = ['python3.14', 'python3.13', 'python3.12', 'python3']
const fits = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 12))'

async function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'inherit', ...options })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code === 0
}

/** Made once for each pinned version. */
async function installFuzzer(): Promise<string | null> {
  const mark = join(environment, 'requirements.txt')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === readFileSync(requirements, 'utf8')) return null
  const python = pythons.find(name => spawnSync(name, ['-c', fits]).status === 0)
  if (python === undefined) {
    return 'make fuzz needs Python 3.12 or newer with its venv module (Debian and Ubuntu: python3-venv): install it, or put it in the PATH'
  }
  const isInstalled =
    (await run(python, ['-m', 'venv', '--clear', environment])) &&
    (await run(join(environment, 'bin/pip'), ['install', '--quiet', '--requirement', requirements])) &&
    (await run('cp', [requirements, mark]))
  return isInstalled ? null : 'the fuzzer could not be installed from PyPI: pip says why above'
}

interface Report {
  readonly test_cases: { readonly generated: number }
}

function casesOf(report: string): number {
  if (!existsSync(report)) return 0
  return (JSON.parse(readFileSync(report, 'utf8')) as Report).test_cases.generated
}

/** Fuzzes one Vitrine; `false` when something was found or too little tried. */
async function fuzz(flag: '--demo' | '--no-demo', signal: AbortSignal): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-fuzz-'))
  try {
    await using up = startUp(join(folder, 'data'), [flag])
    const { url } = await up.ready()
    if (signal.aborted) return false
    const report = join(folder, 'report.json')
    process.stdout.write(`\nvitrine up ${flag}\n`)
    const isClean = await run(
      fuzzer,
      [
        '--config-file',
        here('schemathesis.toml'),
        'run',
        `${url}/openapi.json`,
        ...options,
        '--report-json-path',
        report,
        ...process.argv.slice(2),
      ],
      // It leaves files where it runs.
      { cwd: environment, env: { ...process.env, ...hooks } },
    )
    const generated = casesOf(report)
    if (generated < leastCases) process.stderr.write(`only ${generated} of ${leastCases} cases were tried\n`)
    return isClean && generated >= leastCases
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const problem = await installFuzzer()
if (problem !== null) {
  process.stderr.write(`${problem}\n`)
  process.exitCode = 1
} else {
  // Ctrl-C reaches the fuzzer as well; what else runs is to end in order.
  const interrupted = new AbortController()
  process.on('SIGINT', () => interrupted.abort())
  const isClean = (await fuzz('--demo', interrupted.signal)) && (await fuzz('--no-demo', interrupted.signal))
  process.exitCode = isClean ? 0 : 1
}
