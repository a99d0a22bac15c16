import { expect } from 'chai'
import { needHelm } from './helm.ts'
import { objectsWithPods, practices } from './practices.ts'
import { render } from './render.ts'
import { shapes } from './shapes.ts'
import type { Objects } from './practices.ts'

/** What is not so on purpose: who, by the beginning of the name, and why. */
const exceptions: Readonly<Record<string, readonly (readonly [who: RegExp, why: string])[]>> = {
  'job-ttl-seconds-after-finished': [
    [
      /^Job\/vitrine-init-/,
      'Helm and GitOps tools compare it with what they have applied, and would make one that has gone again',
    ],
  ],
  automountServiceAccountToken: [
    [/^Deployment\/vitrine-controller/, 'it works on the Kubernetes API'],
    [/^Job\/vitrine-init-/, 'it makes the Secret of the first key'],
    [/^Job\/vitrine-crds/, 'it brings the definition of EtlSchedules'],
  ],
  priorityClassNotSet: [
    [/./, 'which classes there are is the cluster’s to say: podSpec.priorityClassName sets one'],
  ],
  tlsSettingsMissing: [
    [/^Ingress\/vitrine-api/, 'ingress.tlsSecret sets it; a gateway before it may end TLS'],
  ],
  'C-0270 CPU limit': [[/./, 'a limit would slow answers down while the node has time to spare']],
}

describe('What linters ask of charts/vitrine', function () {
  this.timeout(60_000)
  before(function () {
    return needHelm(this)
  })

  const rendered = new Map<string, Objects>()
  async function objectsOf(shape: string): Promise<Objects> {
    const objects = rendered.get(shape) ?? objectsWithPods(await render('vitrine', { files: [shape] }))
    rendered.set(shape, objects)
    return objects
  }

  for (const { name, broken } of practices) {
    it(`${name}`, async () => {
      for (const shape of await shapes('vitrine')) {
        const excused = exceptions[name] ?? []
        const left = broken(await objectsOf(shape)).filter(who => !excused.some(([whom]) => whom.test(who)))
        expect(left, shape).to.deep.equal([])
      }
    })
  }

  it('excuses nobody who does as asked', async () => {
    const all = await Promise.all((await shapes('vitrine')).map(objectsOf))
    for (const [name, excused] of Object.entries(exceptions)) {
      const { broken } = practices.find(one => one.name === name) ?? { broken: () => [] }
      const who = all.flatMap(broken)
      for (const [whom] of excused)
        expect(
          who.some(one => whom.test(one)),
          `${name}: ${whom}`,
        ).to.equal(true)
    }
  })

  it('is seen where it is missing', () => {
    const careless = objectsWithPods(carelessObjects)
    const silent = practices.filter(({ broken }) => broken(careless).length === 0).map(({ name }) => name)
    expect(silent).to.deep.equal([])
  })
})

const metadata = (name: string) => ({ name, labels: { 'app.kubernetes.io/instance': 'a' } })

/** Breaks every practice. */
const carelessObjects = [
  {
    apiVersion: 'extensions/v1beta1',
    kind: 'Deployment',
    metadata: metadata('careless'),
    spec: {
      selector: { matchLabels: { app: 'careless' } },
      template: {
        metadata: { labels: { app: 'other', 'app.kubernetes.io/instance': 'b' } },
        spec: {
          serviceAccount: 'default',
          serviceAccountName: 'default',
          hostIPC: true,
          hostNetwork: true,
          hostPID: true,
          securityContext: { sysctls: [{ name: 'kernel.msgmax', value: '1' }] },
          volumes: [{ name: 'docker', hostPath: { path: '/var/run/docker.sock' } }],
          containers: [
            {
              name: 'main',
              image: 'careless:latest',
              env: [
                { name: 'A', value: '1' },
                { name: 'A', value: '2' },
                { name: 'MY_SECRET', value: 'postgres://user:password@host/db' },
                { name: 'B', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
              ],
              ports: [{ containerPort: 22, hostPort: 22 }],
              livenessProbe: { httpGet: { port: 'no' } },
              readinessProbe: { httpGet: { port: 'no' } },
              startupProbe: { httpGet: { port: 'no' } },
              securityContext: { privileged: true, capabilities: { add: ['NET_RAW'] } },
            },
            { name: 'second', image: 'careless' },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata('a'),
    spec: { selector: { app: 'none' }, ports: [{ targetPort: 'x' }] },
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata('a') },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata('a'),
    data: { url: 'postgres://user:password@host/db' },
  },
  { apiVersion: 'batch/v1', kind: 'Job', metadata: metadata('a'), spec: { template: { spec: {} } } },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata('a'),
    spec: { selector: { matchLabels: { app: 'careless' } }, minAvailable: 1, maxUnavailable: 0 },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata('b'),
    spec: {
      selector: { matchLabels: { app: 'b' } },
      template: { metadata: { labels: { app: 'b' } }, spec: { containers: [] } },
    },
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: metadata('a'),
    rules: [{ resources: ['secrets', 'pods/exec'], verbs: ['*'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: metadata('a'),
    roleRef: { name: 'cluster-admin' },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: metadata('a'),
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'none' } },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: metadata('a'),
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'none' } } }] } }] },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata('a'),
    spec: { podSelector: { matchLabels: { app: 'none' } }, policyTypes: [] },
  },
  {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'ServiceMonitor',
    metadata: metadata('a'),
    spec: { selector: { matchLabels: { app: 'none' } } },
  },
]
