import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../.engines')

/** Linters of Kubernetes objects: one is built by Go, the other installed by Python's pip. */
const linters = {
  'kube-score': {
    file: join(cache, 'kube-score'),
    needs: 'Go',
    fetch: async (folder: string) => {
      const env = { ...process.env, GOBIN: folder }
      await run('go', ['install', 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0'], {
        env,
        timeout: 600_000,
      })
      await rename(join(folder, 'kube-score'), join(cache, 'kube-score'))
    },
  },
  checkov: {
    file: join(cache, 'checkov-3.3.30/bin/checkov'),
    needs: 'Python 3 with venv',
    // A virtual environment knows its own place and can't be moved: a file that is there last tells that it is whole.
    fetch: async () => {
      const place = join(cache, 'checkov-3.3.30')
      await rm(place, { recursive: true, force: true })
      await run('python3', ['-m', 'venv', place], { timeout: 60_000 })
      await run(join(place, 'bin/pip'), ['install', '--quiet', 'checkov==3.3.30'], { timeout: 600_000 })
    },
  },
}

/** The path of a linter, fetched once beside the engines; a test that needs one that can't be had is skipped aloud, and CI fails. */
export async function linterOrSkip(name: keyof typeof linters, test: Mocha.Context): Promise<string> {
  const { file, needs, fetch } = linters[name]
  if (existsSync(file)) return file
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, `${name}-`))
  try {
    await fetch(folder)
    return file
  } catch (error) {
    const [why] = (error as Error).message.split('\n')
    process.stdout.write(`\nSKIPPED: needs ${name}, for which it takes ${needs} and the network (${why})\n`)
    return test.skip()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
