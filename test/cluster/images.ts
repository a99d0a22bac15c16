import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { script } from './scripts.ts'

const run = promisify(execFile)

const root = fileURLToPath(new URL('../../', import.meta.url))

/** What the Dockerfile makes of the working tree. */
export const builtImage = 'vitrine:built'

/** The image in which all processes are tried: what {@link builtImage} holds, on a base that has all of Debian's C library, and a shell as the real one has. */
export const testImage = 'vitrine:test'

/** The scripts' base leaves this part of the C library out, which a package of ours loads. */
const missingLibrary = '/lib/x86_64-linux-gnu/librt.so.1'

/** Times of files are those of 1970, so that the same files give the same image. */
const sameTimes = ['--timestamp', '0']

let building: Promise<string> | undefined
let loading: Promise<void> | undefined

/** Builds {@link builtImage}, once in a test run, and gives the path of its tar. */
export function buildImage(): Promise<string> {
  return (building ??= buildAnew())
}

/** The same without anything kept of earlier builds where `options` say --no-cache. */
export async function buildAnew(options: readonly string[] = []): Promise<string> {
  const image = join(temporaryFolder(), 'image.tar')
  await script('build-dockerfile', [builtImage, image, root, ...sameTimes, ...options])
  return image
}

/** Gives {@link testImage} to the cluster, once in a test run. */
export function loadTestImage(): Promise<void> {
  return (loading ??= buildAndLoad())
}

async function buildAndLoad(): Promise<void> {
  const folder = temporaryFolder()
  await extractApp(await buildImage(), folder)
  const image = join(folder, 'image.tar')
  const copies = [`${folder}/app:/app`, `${missingLibrary}:${missingLibrary}`]
  const options = [
    '--node',
    '24',
    '--shell',
    '--workdir',
    '/app',
    '--user',
    '10001',
    '--entrypoint',
    '["node"]',
  ]
  await script('build-image', [...options, ...copies.flatMap(copy => ['--copy', copy]), testImage, image])
  await script('load', [image])
}

/** The folder app of an image, which is its last layer. */
async function extractApp(image: string, folder: string): Promise<void> {
  const { stdout } = await run('tar', ['--extract', '--to-stdout', '--file', image, 'manifest.json'])
  const [manifest] = JSON.parse(stdout) as { Layers: string[] }[]
  const layer = manifest?.Layers.at(-1) ?? ''
  await run('tar', ['--extract', '--file', image, '--directory', folder, layer])
  await run('tar', ['--extract', '--file', join(folder, layer), '--directory', folder, 'app'])
}

/** Goes with the test run: an image must outlive the suite that has built it first. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-image-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}
