import { expect } from 'chai'
import { runRequestedAnnotation } from '#internal/etlschedule/resource/names.ts'
import { needHelm } from '../charts/helm.ts'
import { render } from '../charts/render.ts'
import { auditedRights, rightsOf } from './audit.ts'
import { testImage } from './images.ts'
import { kubectl, tryKubectl } from './kubectl.ts'
import { newRequest, prepareScene, rarely } from './scene.ts'
import type { Rule } from './audit.ts'
import type { Rendered } from '../charts/render.ts'

/** What the chart gives the controller: its account, its Role, and what binds them, for the namespace they are made in. */
async function chartsRights(): Promise<Rendered[]> {
  const values = { etl: { sourceSecrets: ['shop-database'] }, data: { name: 'any' } }
  const objects = await render('vitrine', { values })
  return objects
    .filter(
      ({ kind, metadata }) =>
        ['ServiceAccount', 'Role', 'RoleBinding'].includes(kind) && metadata.name === 'vitrine-controller',
    )
    .map(
      object =>
        JSON.parse(
          JSON.stringify(object, (key, value) => (key === 'namespace' ? undefined : value)),
        ) as Rendered,
    )
}

/** Rights that are rarely used: to join a request that was answered, to count an Event again; asked for beside `patch`. */
const seldom = ['create cronjobs.batch', 'get jobs.batch', 'patch events']

describe('A controller in the cluster, under the restricted pod security standard', function () {
  this.timeout(120_000)
  const scene = prepareScene({ images: true })

  before(async function () {
    await needHelm(this)
    const enforce = 'pod-security.kubernetes.io/enforce=restricted'
    await kubectl(['label', 'namespace', scene.namespace, enforce])
    await kubectl(['apply', '-n', scene.namespace, '-f', '-'], {
      input: { apiVersion: 'v1', kind: 'List', items: await chartsRights() },
    })
    const defaults = `--from-file=run-defaults.json=${scene.folder}/run-defaults.json`
    await kubectl(['create', 'configmap', '-n', scene.namespace, 'run-defaults', defaults])
    await kubectl(['create', '-n', scene.namespace, '-f', '-'], { input: controllerDeployment() })
    await kubectl(['rollout', 'status', '-n', scene.namespace, 'deployment/controller', '--timeout=90s'])
  })

  it('does its work, and so do the runs', async () => {
    await scene.create('inside', {}, { annotations: { [runRequestedAnnotation]: newRequest() } })
    await scene.untilReady('inside')
    await scene.untilSchedule('inside', 'has run', ({ status }) => status.lastRun?.result === 'Succeeded')
    await scene.change('inside', { window: '30d' })
    await scene.untilReady('inside')
  })

  it('says that it may not look at a Secret that its Role does not name, and goes on', async () => {
    await scene.makeSecret('unnamed', { uri: 'postgres://somewhere/shop' })
    await scene.create('discreet', {
      schedule: rarely,
      source: { secretRef: { name: 'unnamed', key: 'uri' } },
    })
    const { status } = await scene.untilReady('discreet')
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).to.include('not allowed to look')
  })

  it('asks for nothing that its Role does not give, and needs what that gives', async () => {
    const granted = await grantedRights()
    const { asked, refused } = await auditedRights(scene.namespace, 'vitrine-controller')
    expect(refused).to.deep.equal(['get secrets'])
    expect([...granted].filter(right => !asked.has(right) && !seldom.includes(right))).to.deep.equal([])
    expect([...asked].filter(right => !granted.has(right))).to.deep.equal([])
  })

  it('can do no more by its rights: no other Secret, no pods of others, nothing in another namespace', async () => {
    const as = `--as=system:serviceaccount:${scene.namespace}:vitrine-controller`
    const may = async (...question: string[]) =>
      (await tryKubectl(['auth', 'can-i', as, ...question])).stdout.trim()
    const here = ['-n', scene.namespace]
    expect(await may('get', 'secret/shop-database', ...here)).to.equal('yes')
    for (const question of [
      ['get', 'secret/unnamed', ...here],
      ['list', 'secrets', ...here],
      ['create', 'pods', ...here],
      ['delete', 'jobs', ...here],
      ['patch', 'etlschedules', ...here],
      ['list', 'etlschedules', '-n', 'default'],
      ['list', 'etlschedules', '--all-namespaces'],
    ]) {
      expect(await may(...question), question.join(' ')).to.equal('no')
    }
  })
})

async function grantedRights(): Promise<Set<string>> {
  const rules = (await chartsRights()).find(({ kind }) => kind === 'Role')?.['rules'] as
    | readonly Rule[]
    | undefined
  return rightsOf(rules ?? [])
}

function controllerDeployment() {
  const labels = { app: 'controller' }
  const container = {
    name: 'controller',
    image: testImage,
    args: ['cmd/controller/main.ts'],
    env: [
      { name: 'VITRINE_RUN_DEFAULTS', value: '/defaults/run-defaults.json' },
      { name: 'VITRINE_OPS_HOST', value: '0.0.0.0' },
    ],
    readinessProbe: { httpGet: { path: '/readyz', port: 9090 }, periodSeconds: 1 },
    livenessProbe: { httpGet: { path: '/livez', port: 9090 } },
    volumeMounts: [{ name: 'defaults', mountPath: '/defaults' }],
    resources: { limits: { memory: '256Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'controller' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: 'vitrine-controller',
          // The chart's account gives no token unasked.
          automountServiceAccountToken: true,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container],
          volumes: [{ name: 'defaults', configMap: { name: 'run-defaults' } }],
        },
      },
    },
  }
}
