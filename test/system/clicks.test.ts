import { expect } from 'chai'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clicks, expectedHistories, shuffled, toNdjson } from './clicks.ts'
import { engineSets, startOrSkip } from './engine-sets.ts'
import { differences, untilLoaded } from './histories.ts'
import { run, start } from './processes.ts'
import type { EngineSet } from './engine-sets.ts'
import type { Running } from './processes.ts'

for (const set of engineSets) {
  describe(`real clicks on ${set.name}`, function () {
    this.timeout(300_000)
    const now = Date.now()
    const views = clicks('toy', now - 1_000)
    const expected = expectedHistories(views)
    // A second look at every history would only repeat the first: these are the longest and a spread of the others.
    const looked = new Map(
      [...expected].sort((a, b) => b[1].length - a[1].length).filter((_, i) => i < 200 || i % 20 === 0),
    )
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-clicks-'))
    let engines: EngineSet
    let loader: Running
    let api: Running

    before(async function () {
      engines = await startOrSkip(set, this)
      ;[loader, api] = await Promise.all([start('loader', engines.env), start('api', engines.env)])
    })
    after(async () => {
      await api?.[Symbol.asyncDispose]()
      await loader?.[Symbol.asyncDispose]()
      await engines?.[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    })

    async function send(
      name: string,
      text: string,
    ): Promise<{ lines: number; accepted: number; refused: Record<string, number> }> {
      const file = join(folder, name)
      writeFileSync(file, text)
      const { code, stdout, stderr } = await run(
        ['send', file, '--rejects', join(folder, 'rejects')],
        engines.env,
      )
      expect(code, stderr).to.equal(0)
      return JSON.parse(stdout) as Awaited<ReturnType<typeof send>>
    }

    it('end up each in the store or among the rejects, and every history is what the file says', async () => {
      const broken = [
        '{"event":',
        JSON.stringify({ ...views[0], userid: '' }),
        JSON.stringify({ ...views[0], timestamp: 'yesterday' }),
      ]
      const result = await send('clicks.ndjson', `${toNdjson(views)}${broken.join('\n')}`)
      expect(result).to.deep.equal({
        lines: views.length + 3,
        accepted: views.length,
        refused: { 'not-json': 1, 'bad-id': 1, 'bad-timestamp': 1 },
      })
      const rejects = readFileSync(join(folder, 'rejects'), 'utf8')
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as { line: number; original: string })
      expect(rejects.map(({ original }) => original)).to.deep.equal(broken)

      await untilLoaded(loader.opsUrl)
      expect(await differences(api.url, expected)).to.deep.equal([])
    })

    it('change nothing when they are sent again, shuffled', async () => {
      const result = await send('again.ndjson', toNdjson(shuffled(views, 42)))
      expect(result).to.include({ accepted: views.length })
      await untilLoaded(loader.opsUrl)
      expect(await differences(api.url, looked)).to.deep.equal([])
    })
  })
}
