import { once } from 'node:events'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal } from 'node:stream'
import { finished } from 'node:stream/promises'
import { Misconfigured } from '#internal/errors/errors.ts'
import type { Readable } from 'node:stream'
import type { RejectedLine } from '#internal/ingest/send.ts'

/** A file of views, or standard input. */
export interface Views {
  /** Its bytes, to be read once; rejects with `Misconfigured` where it can be read no further. */
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes; null when nobody knows before the end. */
  readonly size: number | null
}

/** Opens a file of views, `-` being standard input; an abort ends its reading. Rejects with `Misconfigured`. */
export async function openViews(file: string, signal: AbortSignal): Promise<Views> {
  if (file === '-') return { chunks: chunksOf(process.stdin, 'standard input', signal), size: null }
  try {
    const stats = await stat(file)
    if (stats.isDirectory()) {
      throw new Misconfigured(`${file} is a folder: name a file of views, or - for standard input`)
    }
    const input = createReadStream(file)
    await once(input, 'open')
    return { chunks: chunksOf(input, file, signal), size: stats.isFile() ? stats.size : null }
  } catch (error) {
    throw unusable(error, `${file} can't be read`)
  }
}

async function* chunksOf(input: Readable, name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const iterator = addAbortSignal(signal, input)[Symbol.asyncIterator]()
  const next = async () => {
    try {
      return (await iterator.next()) as IteratorResult<Buffer, undefined>
    } catch (error) {
      signal.throwIfAborted()
      throw unusable(error, `${name} can't be read`)
    }
  }
  try {
    for (let read = await next(); read.done !== true; read = await next()) yield read.value
  } finally {
    input.destroy()
  }
}

/** Where refused lines go, each as JSON with its reason. */
export interface Rejects extends AsyncDisposable {
  /** Resolves once there is room for more; rejects with `Misconfigured` when the file can't be written. */
  write(line: RejectedLine): Promise<void>
  /** Resolves once all lines are written; rejects with `Misconfigured` when one was not. */
  end(): Promise<void>
}

/** Opens the file of refused lines, which must not be the file of views. Rejects with `Misconfigured`. */
export async function openRejects(file: string, views: string): Promise<Rejects> {
  await refuseSameFile('--rejects', file, views)
  const failed = (error: unknown) => unusable(error, `--rejects ${file} can't be written`)
  const output = createWriteStream(file)
  await once(output, 'open').catch((error: unknown) => {
    throw failed(error)
  })
  let failure: unknown = null
  output.on('error', error => {
    failure ??= error
  })

  return {
    async write(line) {
      if (failure !== null) throw failed(failure)
      if (output.write(`${rejectToJson(line)}\n`)) return
      await once(output, 'drain').catch((error: unknown) => {
        throw failed(error)
      })
    },
    async end() {
      output.end()
      await finished(output).catch((error: unknown) => {
        throw failed(failure ?? error)
      })
    },
    async [Symbol.asyncDispose]() {
      output.end()
      // A failure was told by `write` or `end`; what is left is to have closed the file.
      await finished(output).catch(() => {})
    },
  }
}

/** The line as it was: as text where that is faithful, else as Base64. */
function rejectToJson({ line, reason, message, original }: RejectedLine): string {
  const text = original?.toString('utf8') ?? null
  const faithful = text === null || original?.equals(Buffer.from(text))
  const kept = faithful ? { original: text } : { originalBase64: original?.toString('base64') }
  return JSON.stringify({ line, reason, message, ...kept })
}

/** Writing over the views would lose them. Rejects with `Misconfigured`, naming the option. */
export async function refuseSameFile(option: string, file: string, views: string): Promise<void> {
  if (views === '-') return
  const [input, output] = await Promise.all([stat(views), stat(file).catch(() => null)])
  if (output && input.dev === output.dev && input.ino === output.ino) {
    throw new Misconfigured(`${option} ${file} is the file of views itself: name another file`)
  }
}

const inWords: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'no right to',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
}

/** A file's failure in words: `what` says which and what could not be done. */
export function unusable(error: unknown, what: string): Misconfigured {
  if (error instanceof Misconfigured) return error
  const { code = '', message } = error as NodeJS.ErrnoException
  return new Misconfigured(`${what}: ${inWords[code] ?? message}`, { cause: error })
}
