import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('./snapshots/', import.meta.url))

/**
 * Compares a rendering with the one that was read and kept. UPDATE=1 keeps it as it is now: read the difference before it is
 * committed.
 */
export async function expectSnapshot(name: string, text: string): Promise<void> {
  const file = `${folder}${name}.yaml`
  if (env['UPDATE'] === '1') {
    await mkdir(folder, { recursive: true })
    await writeFile(file, text)
  }
  if (!existsSync(file)) throw new Error(`${file} is not there: UPDATE=1 makes it`)
  expect(text, `${file} differs; UPDATE=1 keeps what is rendered now`).to.equal(await readFile(file, 'utf8'))
}
