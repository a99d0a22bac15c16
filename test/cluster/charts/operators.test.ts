import { expect } from 'chai'
import { needHelm } from '../../charts/helm.ts'
import { render, renderText } from '../../charts/render.ts'
import { shapes } from '../../charts/shapes.ts'
import { makeNamespace, tryKubectl } from '../kubectl.ts'
import { needOperatorKinds } from './operator-kinds.ts'

describe('A Kubernetes that knows the kinds of the operators', function () {
  this.timeout(180_000)
  let namespace: AsyncDisposable & { readonly name: string }

  before(async function () {
    await needHelm(this)
    await needOperatorKinds(this)
    namespace = await makeNamespace('operators')
  })
  after(() => namespace?.[Symbol.asyncDispose]())

  const dryRun = (text: string) =>
    tryKubectl(['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'], {
      text: text.replaceAll('namespace: shop\n', `namespace: ${namespace.name}\n`),
    })

  for (const chart of ['vitrine-data', 'vitrine'] as const) {
    it(`takes all that charts/${chart} renders, in every shape, and knows every field of it`, async () => {
      for (const shape of await shapes(chart)) {
        const objects = await render(chart, { files: [shape] })
        if (objects.length === 0) continue
        const { stdout, stderr } = await dryRun(await renderText(chart, { files: [shape] }))
        // A pod's account, which a dry run does not make, is looked for; nothing else of the pod is left unlooked at.
        const refused = stderr
          .split('\n')
          .filter(
            line =>
              line !== '' &&
              !/^Error from server \(Forbidden\): pods .* serviceaccount .* not found$/.test(line),
          )
        expect(refused, shape).to.deep.equal([])
        const taken = stdout.trim().split('\n').length
        expect(taken, shape).to.equal(objects.filter(({ kind }) => kind !== 'Pod').length)
      }
    })
  }

  it('refuses what is wrong in it', async () => {
    const text = await renderText('vitrine-data')
    const { stderr } = await dryRun(
      text.replace('partitions: 6', 'partitions: 0').replace('auth: true', 'oauth: true'),
    )
    expect(stderr).to.include('spec.partitions').and.to.include('oauth')
  })
})
