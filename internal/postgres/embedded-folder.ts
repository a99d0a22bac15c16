import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Misconfigured } from '#internal/errors/errors.ts'
import type { ServerUser } from './embedded-binaries.ts'

/** Where root keeps what the server's user must reach, when the folder asked for is out of that user's reach. */
const systemFolder = '/var/lib/vitrine'

/** "nobody": has no rights anywhere, which is all that a database server for one machine needs. */
const nobody: ServerUser = { uid: 65_534, gid: 65_534 }

/** Files of one embedded server. */
export interface ServerFolder {
  /** What was asked for. */
  readonly asked: string
  /** PostgreSQL's own folder. */
  readonly data: string
  readonly passwordFile: string
  readonly lockFile: string
  readonly logFile: string
  /** For a copy of the programs, should one be needed. */
  readonly programs: string
  readonly user: ServerUser | null
}

/** Makes the folder, chooses the user, and moves aside to a system folder what that user couldn't reach. */
export async function prepareFolder(asked: string): Promise<ServerFolder> {
  const wanted = resolve(asked)
  try {
    await makeFolder(wanted)
    if (process.getuid?.() !== 0) return layout(wanted, wanted, null)
    const user = await ownerOf(join(wanted, 'postgres'))
    if (await canReach(wanted, user)) return layout(wanted, wanted, user)
    const base = join(systemFolder, createHash('sha256').update(wanted).digest('hex').slice(0, 12))
    await mkdir(base, { recursive: true })
    await chmod(systemFolder, 0o755)
    await chmod(base, 0o755)
    return layout(wanted, base, await ownerOf(join(base, 'postgres')))
  } catch (error) {
    throw folderProblem(error, wanted)
  }
}

/** Unlike Node's recursive mkdir, fails with the system's own reason: that one tells of a read-only disk as "no such file". */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return
    if (code !== 'ENOENT') throw error
    await makeFolder(dirname(folder))
    await mkdir(folder)
  }
}

function layout(asked: string, base: string, user: ServerUser | null): ServerFolder {
  return {
    asked,
    data: join(base, 'postgres'),
    passwordFile: join(base, 'postgres-password'),
    lockFile: join(base, 'postgres.lock'),
    logFile: join(base, 'postgres.log'),
    programs: user ? systemFolder : join(base, 'programs'),
    user,
  }
}

/** A folder made by an ordinary user stays that user's when root starts it. */
async function ownerOf(data: string): Promise<ServerUser> {
  const found = await stat(data).catch(() => null)
  return found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : nobody
}

async function canReach(folder: string, user: ServerUser): Promise<boolean> {
  const { mode, uid } = await stat(folder)
  const open = (mode & (uid === user.uid ? 0o100 : 0o001)) !== 0
  const parent = dirname(folder)
  return open && (parent === folder || (await canReach(parent, user)))
}

/** The password of the server in this folder, made once from 256 random bits, in a file for its owner alone. */
export async function readOrMakePassword({ passwordFile, user }: ServerFolder): Promise<string> {
  const known = await readFile(passwordFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  if (known !== '') return known.trim()
  const password = randomBytes(32).toString('base64url')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user) await chown(passwordFile, user.uid, user.gid)
  return password
}

/** An empty folder of the server's user, for its eyes only. */
export async function makeEmpty(folder: string, user: ServerUser | null): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  if (user) await chown(folder, user.uid, user.gid)
}

/** What a failure with files means to whoever chose the folder; other failures come back as they are. */
export function folderProblem(error: unknown, folder: string): unknown {
  const why: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'it is on a read-only file system',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    ENOTDIR: 'a part of its path is a file',
    EEXIST: 'a file is in its place',
  }
  const reason = why[(error as NodeJS.ErrnoException).code ?? '']
  if (reason === undefined) return error
  return new Misconfigured(`the data folder ${folder} can't be used: ${reason}`, { cause: error })
}
