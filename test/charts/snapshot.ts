import { expect } from 'chai'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { helmVersion } from './helm.ts'
import { objectsOf } from './render.ts'

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
  const kept = await readFile(file, 'utf8')
  const words = `${file} differs; UPDATE=1 keeps what is rendered now`
  // Helm 3 orders objects and blank lines in its own way.
  if ((await helmVersion()) === 3) expect(objectsInOrder(text), words).to.deep.equal(objectsInOrder(kept))
  else expect(text, words).to.equal(kept)
}

const objectsInOrder = (text: string) =>
  objectsOf(text).toSorted((a, b) =>
    `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`),
  )
