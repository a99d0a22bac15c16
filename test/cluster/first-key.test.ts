import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { env } from 'node:process'
import { startTestPostgres } from '../engines/postgres.ts'
import { run } from '../system/processes.ts'
import { kubectl } from './kubectl.ts'
import { prepareScene } from './scene.ts'
import type { TestDatabase } from '../engines/postgres.ts'

describe('The first key of an install', function () {
  this.timeout(60_000)
  const scene = prepareScene()
  let database: TestDatabase
  let settings: Record<string, string>

  before(async () => {
    database = await startTestPostgres()
    const kubeconfig = join(scene.folder, 'kubeconfig-of-namespace')
    await writeFile(kubeconfig, await kubectl(['config', 'view', '--raw', '--flatten']))
    const inNamespace = ['--kubeconfig', kubeconfig, '--current', '--namespace', scene.namespace]
    await kubectl(['config', 'set-context', ...inNamespace])
    settings = {
      ...(env['PATH'] && { PATH: env['PATH'] }),
      KUBECONFIG: kubeconfig,
      VITRINE_POSTGRES_URL: database.url,
    }
  })
  after(() => database?.[Symbol.asyncDispose]())

  const init = () => run(['init', '--first-key', 'shop-key'], settings)
  async function keyInSecret(): Promise<string> {
    const data = await kubectl([
      'get',
      'secret',
      'shop-key',
      '-n',
      scene.namespace,
      '-o',
      'jsonpath={.data.key}',
    ])
    return Buffer.from(data, 'base64').toString()
  }
  async function names(): Promise<string[]> {
    const { stdout } = await run(['keys', 'list', '--json'], settings)
    return (JSON.parse(stdout) as { items: { name: string }[] }).items.map(({ name }) => name)
  }

  it('is made into a Secret once, by whichever of two comes first', async () => {
    const both = await Promise.all([init(), init()])
    expect(
      both.map(({ code, stderr }) => ({
        code,
        stderr: stderr.split('\n').find(line => line.includes('let in')),
      })),
    ).to.have.deep.members([
      { code: 0, stderr: `The key in the Secret ${scene.namespace}/shop-key is let in now.` },
      { code: 0, stderr: `The key in the Secret ${scene.namespace}/shop-key is let in already.` },
    ])
    expect(await keyInSecret()).to.match(/^vtr_[\w-]{43}$/)
    expect(await names()).to.deep.equal(['first'])
  })

  it('stays as it is when init is run again, and is told to nobody else', async () => {
    const before = await keyInSecret()
    const { code, stdout, stderr } = await init()
    expect(code).to.equal(0)
    expect(stdout + stderr).not.to.include(before)
    expect(await keyInSecret()).to.equal(before)
    expect(await names()).to.deep.equal(['first'])
  })
})
