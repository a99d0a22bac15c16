import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tryCommand } from '../tools/command.ts'
import { toolOrSkip } from '../tools/tools.ts'
import { needHelm } from './helm.ts'
import { renderText } from './render.ts'
import { shapes } from './shapes.ts'

/** What kube-score finds critical and is so on purpose. */
const scoreExceptions: readonly (readonly [what: RegExp, why: string])[] = [
  [/CPU limit is not set/, 'a limit would slow answers down while the node has time to spare'],
  [
    /ImagePullPolicy is not set to Always/,
    'tags are never moved and image.digest can name one; a registry that is away must not keep pods from starting',
  ],
  [
    /\/shop networking\.k8s\.io\/v1\/NetworkPolicy: The NetworkPolicys selector doesn't match any pods/,
    'the pods of runs are made by the controller',
  ],
]

/** Checks of checkov that are not met on purpose. */
const checkovExceptions: Readonly<Record<string, string>> = {
  CKV_K8S_8: 'a liveness probe: only the pod of helm test, which ends by itself, has none',
  CKV_K8S_9: 'a readiness probe: the same',
  CKV_K8S_11: 'a CPU limit would slow answers down while the node has time to spare',
  CKV_K8S_15: 'pulling always: a registry that is away must not keep pods from starting',
  CKV_K8S_38:
    'tokens of service accounts: the controller, the job that makes the first key and the one that brings the definition ask the Kubernetes API; nobody else has one',
  CKV_K8S_43: 'a digest: image.digest gives one, which is known when a release is made',
}

describe('Linters find nothing in charts/vitrine', function () {
  this.timeout(900_000)
  let folder: string
  const files: string[] = []

  before(async function () {
    await needHelm(this)
    folder = await mkdtemp(join(tmpdir(), 'vitrine-lint-'))
    for (const shape of await shapes('vitrine')) {
      const file = join(folder, shape.replaceAll('/', '-'))
      await writeFile(file, await renderText('vitrine', { files: [shape] }))
      files.push(file)
    }
  })
  after(() => folder && rm(folder, { recursive: true }))

  it('kube-score: nothing critical beside three exceptions', async function () {
    const linter = await toolOrSkip('kube-score', this)
    let stdout = ''
    for (const file of files)
      stdout += (await tryCommand(linter, ['score', '--output-format', 'ci', file])).stdout
    const critical = stdout.split('\n').filter(line => line.startsWith('[CRITICAL]'))
    expect(critical.filter(line => !scoreExceptions.some(([what]) => what.test(line)))).to.deep.equal([])
    for (const [what] of scoreExceptions)
      expect(
        critical.some(line => what.test(line)),
        String(what),
      ).to.equal(true)
    expect(stdout).to.include('[OK] vitrine-api')
  })

  it('checkov: no check of Kubernetes fails beside those that are written down', async function () {
    const linter = await toolOrSkip('checkov', this)
    const args = [
      '--framework',
      'kubernetes',
      '--output',
      'json',
      '--compact',
      '--quiet',
      '--skip-download',
      '--directory',
      folder,
    ]
    const { stdout } = await tryCommand(linter, args, { timeoutMs: 300_000 })
    const { results, summary } = JSON.parse(stdout) as {
      results: { failed_checks: { check_id: string; check_name: string; resource: string }[] }
      summary: { passed: number }
    }
    const failed = results.failed_checks.map(({ check_id: id, check_name: name, resource }) => ({
      id,
      name,
      resource,
    }))
    expect(failed.filter(({ id }) => !(id in checkovExceptions))).to.deep.equal([])
    const met = Object.keys(checkovExceptions).filter(id => !failed.some(one => one.id === id))
    expect(met, 'exceptions that nothing needs').to.deep.equal([])
    const probes = failed.filter(
      ({ id, resource }) => ['CKV_K8S_8', 'CKV_K8S_9'].includes(id) && !resource.endsWith('.vitrine-test'),
    )
    expect(probes).to.deep.equal([])
    expect(summary.passed).to.be.above(100)
  })
})
