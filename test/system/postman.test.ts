import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tryCommand } from '../tools/command.ts'
import { toolOrSkip } from '../tools/tools.ts'
import { startUp } from './up.ts'

const collection = 'docs/postman_collection.json'

describe('the collection for Postman', function () {
  this.timeout(300_000)

  it('holds all calls, and each of its examples succeeds on a shop that was started just now', async function () {
    const newman = await toolOrSkip('newman', this)
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-postman-'))
    try {
      await using up = startUp(folder)
      const { url } = await up.ready()
      const variables = ['api', 'ingestor'].flatMap(name => ['--env-var', `${name}=${url}`])
      const report = join(folder, 'report.json')
      const reporters = ['--reporters', 'json', '--reporter-json-export', report]
      const args = [newman, 'run', collection, ...variables, ...reporters]
      const { stdout, stderr } = await tryCommand(process.execPath, args, { timeoutMs: 120_000 })
      const { run } = JSON.parse(readFileSync(report, 'utf8')) as {
        run: {
          stats: { requests: { total: number } }
          failures: { source: { name: string }; error: { message: string } }[]
        }
      }
      expect(
        run.failures.map(({ source, error }) => `${source.name}: ${error.message}`),
        stdout + stderr,
      ).to.deep.equal([])
      const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
        paths: Record<string, Record<string, unknown>>
      }
      const calls = Object.values(paths).flatMap(methods =>
        Object.keys(methods).filter(method => ['get', 'post', 'delete'].includes(method)),
      )
      expect(run.stats.requests.total).to.equal(calls.length)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
