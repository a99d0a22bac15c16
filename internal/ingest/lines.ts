/** One line of a stream, without its end; `null` bytes where it was longer than the limit and was skipped. */
export interface Line {
  /** Counted from 1, blank lines too. */
  readonly number: number
  readonly bytes: Buffer | null
}

const newline = 0x0a
const carriageReturn = 0x0d
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])

/** The longest line that is taken. */
export const maxLineBytes = 16 * 1024

/** The same in words. */
export const maxLineSize = `${maxLineBytes / 1024} KiB`

/**
 * Cuts a stream of bytes into lines, in memory bounded by one chunk and one line. Blank lines are left out, a
 * carriage return and a byte order mark are tolerated, and the last line needs no end.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, limit = maxLineBytes): AsyncGenerator<Line> {
  let rest: Buffer[] = []
  let restBytes = 0
  let number = 0

  const take = (end: Buffer): Line | null => {
    number += 1
    // A carriage return of a line that just fits stands beyond the limit.
    const tooLong = restBytes + end.length > limit + 1 + (number === 1 ? byteOrderMark.length : 0)
    const line = tooLong ? null : trim(rest.length === 0 ? end : Buffer.concat([...rest, end]), number === 1)
    rest = []
    restBytes = 0
    if (line === null || line.length > limit) return { number, bytes: null }
    return isBlank(line) ? null : { number, bytes: line }
  }

  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const line = take(chunk.subarray(start, end))
      if (line) yield line
      start = end + 1
    }
    const tail = chunk.subarray(start)
    restBytes += tail.length
    // What is over the limit is only counted: its bytes are not kept.
    if (restBytes <= limit + 4) rest.push(tail)
    else rest = []
  }
  if (restBytes > 0) {
    const line = take(Buffer.alloc(0))
    if (line) yield line
  }
}

function trim(line: Buffer, first: boolean): Buffer {
  const start = first && line.subarray(0, 3).equals(byteOrderMark) ? 3 : 0
  const end = line.at(-1) === carriageReturn ? line.length - 1 : line.length
  return line.subarray(start, Math.max(start, end))
}

function isBlank(line: Buffer): boolean {
  return line.every(byte => byte === 0x20 || byte === 0x09)
}
