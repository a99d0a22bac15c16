import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Files that are generated. */
export interface Generated {
  /** Their text, by their path from the root. */
  readonly files: Readonly<Record<string, string>>
  /** Folders that hold nothing else. */
  readonly wholeFolders: readonly string[]
}

/** How what lies under `root` differs from what would be generated; empty when it does not. */
export function drift(root: string, { files, wholeFolders }: Generated): string[] {
  const wrong = Object.entries(files).flatMap(([path, text]) => {
    if (!existsSync(join(root, path))) return [`${path} is missing: run make generate`]
    return readFileSync(join(root, path), 'utf8') === text ? [] : [`${path} is stale: run make generate`]
  })
  const strange = wholeFolders
    .flatMap(folder => filesUnder(root, folder))
    .filter(path => !Object.hasOwn(files, path))
    .map(path => `${path} is generated from nothing: remove it`)
  return [...wrong, ...strange]
}

/** Writes the files, and leaves others alone. */
export function write(root: string, { files }: Generated): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

function filesUnder(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => join(entry.parentPath, entry.name).slice(join(root, '/').length))
}
