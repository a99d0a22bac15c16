import { expect } from 'chai'
import { helm } from './helm.ts'
import { chartFolder, render, renderText, tryRender } from './render.ts'
import { shapes } from './shapes.ts'
import { expectSnapshot } from './snapshot.ts'
import type { ChartName } from './render.ts'

/** Values that are wrong, and what the refusal must name. */
export type WrongValues = readonly (readonly [what: string, values: object, words: readonly string[]])[]

/** What every chart promises: within its suite. `settled` takes out of a rendering what differs each time. */
export function itKeepsWhatEveryChartPromises(
  chart: ChartName,
  wrongValues: WrongValues,
  settled: (text: string) => string = text => text,
): void {
  it('passes the strict lint of Helm in each supported shape', async () => {
    for (const shape of await shapes(chart)) {
      await helm(['lint', '--strict', chartFolder(chart), '--values', `${chartFolder(chart)}/${shape}`])
    }
  })

  it('renders each supported shape as it was reviewed, and the same twice', async () => {
    for (const shape of await shapes(chart)) {
      const text = settled(await renderText(chart, { files: [shape] }))
      expect(settled(await renderText(chart, { files: [shape] }))).to.equal(text)
      await expectSnapshot(`${chart}-${shape.slice('ci/'.length, -'.yaml'.length)}`, text)
    }
  })

  it('renders for each Kubernetes from 1.30 on, and refuses one before in words', async () => {
    const usual = (await render(chart)).length
    for (const minor of [30, 31, 32, 33, 34, 35]) {
      expect((await render(chart, { kubeVersion: `1.${minor}.0` })).length).to.equal(usual)
    }
    const { ok, stderr } = await tryRender(chart, { kubeVersion: '1.29.9' })
    expect(ok).to.equal(false)
    expect(stderr).to.include('>=1.30.0-0')
  })

  describe('refuses in words', () => {
    for (const [what, values, words] of wrongValues) {
      it(what, async () => {
        const { ok, stderr } = await tryRender(chart, { values })
        expect(ok, 'it was taken').to.equal(false)
        for (const word of words) expect(stderr).to.include(word)
        expect(stderr, 'a trace of a template').not.to.match(
          /nil pointer|wrong type|can't evaluate|error converting YAML/,
        )
      })
    }
  })
}
