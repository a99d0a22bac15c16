import { expect } from 'chai'
import { etlScheduleManifest } from '../../../test/etlschedule-samples.ts'
import { parseEtlSchedule } from '../resource/etl-schedule.ts'
import { buildCronJob } from './cron-job.ts'
import { buildRequestedJob, requestedJobName } from './requested-job.ts'
import { parseRunDefaults } from './run-defaults.ts'
import type { EtlSchedule } from '../resource/etl-schedule.ts'
import type { Container, Job } from './kubernetes.ts'
import type { RunDefaults } from './run-defaults.ts'

function scheduleOf(spec = {}, name = 'orders', uid = 'u-1'): EtlSchedule {
  const manifest = etlScheduleManifest(name, spec)
  return parseEtlSchedule({ ...manifest, metadata: { name, namespace: 'shop', uid } })
}

const defaultsOf = (change = {}): RunDefaults => parseRunDefaults({ image: 'vitrine:1', ...change })
const podOf = (spec = {}, change = {}) =>
  buildCronJob(scheduleOf(spec), defaultsOf(change)).spec.jobTemplate.spec.template
const containerOf = (...of: Parameters<typeof podOf>) => podOf(...of).spec.containers[0] as Container
const valueOf = ({ env }: Container, name: string) => env?.find(variable => variable.name === name)?.value

describe('the CronJob of an EtlSchedule', () => {
  it('has its name, its clock and its limits, and goes when it goes', () => {
    const { metadata, spec } = buildCronJob(
      scheduleOf({
        schedule: '30 3 * * *',
        timeZone: 'Europe/Berlin',
        suspend: true,
        concurrencyPolicy: 'Replace',
        startingDeadlineSeconds: 600,
        activeDeadlineSeconds: 60,
        backoffLimit: 1,
        successfulRunsHistoryLimit: 7,
        failedRunsHistoryLimit: 0,
      }),
      defaultsOf(),
    )
    expect(metadata).to.deep.include({ name: 'orders', namespace: 'shop' })
    // To block the owner's deletion would need a right of its own.
    expect(metadata.ownerReferences).to.deep.equal([
      {
        apiVersion: 'vitrine.dev/v1alpha1',
        kind: 'EtlSchedule',
        name: 'orders',
        uid: 'u-1',
        controller: true,
      },
    ])
    const { jobTemplate, ...clock } = spec
    expect(clock).to.deep.equal({
      schedule: '30 3 * * *',
      timeZone: 'Europe/Berlin',
      suspend: true,
      concurrencyPolicy: 'Replace',
      startingDeadlineSeconds: 600,
      successfulJobsHistoryLimit: 7,
      failedJobsHistoryLimit: 0,
    })
    expect(jobTemplate.spec).to.include({ activeDeadlineSeconds: 60, backoffLimit: 1 })
    expect(jobTemplate.spec).not.to.have.property('ttlSecondsAfterFinished')
  })

  it('has no owner while no API server has seen the EtlSchedule', () => {
    expect(buildCronJob(scheduleOf({}, 'orders', ''), defaultsOf()).metadata).not.to.have.property(
      'ownerReferences',
    )
  })

  it('gives the name of the EtlSchedule to all that comes of it, whatever labels an install adds', () => {
    const { metadata, spec } = buildCronJob(
      scheduleOf(),
      defaultsOf({ podLabels: { team: 'shop', 'vitrine.dev/etl-schedule': 'another' } }),
    )
    const { jobTemplate } = spec
    for (const labels of [
      metadata.labels,
      jobTemplate.metadata?.labels,
      jobTemplate.spec.template.metadata?.labels,
    ]) {
      expect(labels).to.include({
        'vitrine.dev/etl-schedule': 'orders',
        'app.kubernetes.io/name': 'vitrine',
        'app.kubernetes.io/component': 'etl',
      })
    }
    expect(jobTemplate.spec.template.metadata?.labels).to.include({ team: 'shop' })
  })

  it('tries again, but not what a person must look at, and uses up no try for a drained node', () => {
    const { podFailurePolicy, template } = buildCronJob(scheduleOf(), defaultsOf()).spec.jobTemplate.spec
    expect(template.spec.restartPolicy).to.equal('Never')
    expect(podFailurePolicy?.rules).to.deep.equal([
      { action: 'FailJob', onExitCodes: { containerName: 'etl', operator: 'In', values: [2] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ])
  })

  it('has the files that all runs share, to read alone', () => {
    const defaults = defaultsOf({
      volumes: [{ name: 'kafka-ca', secret: { secretName: 'shop-cluster-ca-cert' } }],
      volumeMounts: [{ name: 'kafka-ca', mountPath: '/etc/vitrine/kafka-ca' }],
    })
    const { spec } = buildCronJob(scheduleOf(), defaults).spec.jobTemplate.spec.template
    expect(spec.volumes).to.deep.equal([{ name: 'kafka-ca', secret: { secretName: 'shop-cluster-ca-cert' } }])
    expect(spec.containers[0]?.volumeMounts).to.deep.equal([
      { name: 'kafka-ca', mountPath: '/etc/vitrine/kafka-ca', readOnly: true },
    ])
    expect(podOf().spec).not.to.have.property('volumes')
  })

  it('runs under the restricted pod security standard, without a token', () => {
    const { spec } = podOf()
    expect(spec.automountServiceAccountToken).to.equal(false)
    expect(spec.securityContext).to.deep.equal({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(containerOf().securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('gives a run what its EtlSchedule says, and the address of the shop only by its Secret', () => {
    const container = containerOf({
      timeZone: 'Europe/Berlin',
      source: { secretRef: { name: 'shop', key: 'url' } },
      guard: { minRows: 5, maxDropPercent: 20 },
    })
    expect(valueOf(container, 'VITRINE_PIPELINE')).to.equal('orders')
    expect(valueOf(container, 'VITRINE_SCHEDULE')).to.equal('orders')
    expect(valueOf(container, 'VITRINE_TIME_ZONE')).to.equal('Europe/Berlin')
    expect(valueOf(container, 'VITRINE_GUARD_MIN_ROWS')).to.equal('5')
    expect(valueOf(container, 'VITRINE_TERMINATION_MESSAGE')).to.equal('/dev/termination-log')
    expect(container.env?.find(({ name }) => name === 'VITRINE_SHOP_URL')).to.deep.equal({
      name: 'VITRINE_SHOP_URL',
      valueFrom: { secretKeyRef: { name: 'shop', key: 'url' } },
    })
  })

  it('hands a query over letter by letter, though Kubernetes reads dollars as its own', () => {
    const query = 'SELECT $$a$(HOME)$$, $1'
    const value = valueOf(containerOf({ source: { secretRef: { name: 'shop' }, query } }), 'VITRINE_QUERY')
    // As Kubernetes expands it: $$ becomes $, and what has no partner is kept.
    expect(value?.replaceAll('$$', () => '$')).to.equal(query)
    expect(value?.replaceAll('$$', '')).not.to.include('$')
  })

  it("names each variable once; what belongs to the EtlSchedule is not the install's to set", () => {
    const env = [
      { name: 'VITRINE_SCHEDULE', value: 'another' },
      { name: 'VITRINE_SHOP_URL', value: 'postgresql://another' },
      { name: 'VITRINE_STORE', value: 'cassandra' },
    ]
    const container = containerOf({}, { env })
    const names = container.env?.map(({ name }) => name) ?? []
    expect(names).to.have.length(new Set(names).size)
    expect(valueOf(container, 'VITRINE_SCHEDULE')).to.equal('orders')
    expect(valueOf(container, 'VITRINE_SHOP_URL')).to.equal(undefined)
    expect(valueOf(container, 'VITRINE_STORE')).to.equal('cassandra')
  })

  it('takes the resources of the EtlSchedule, or else those of the install, as the API server writes them', () => {
    expect(containerOf({ resources: { limits: { cpu: 1, memory: '1Gi' } } }).resources).to.deep.equal({
      limits: { cpu: '1', memory: '1Gi' },
    })
    expect(containerOf({}, { resources: { requests: { memory: '64Mi' } } }).resources).to.deep.equal({
      requests: { memory: '64Mi' },
    })
  })

  it('lets runs pass the guard only where it is told to, and marks them with who asked', () => {
    const asked = buildCronJob(scheduleOf(), defaultsOf(), { allowRefused: 'yes' }).spec.jobTemplate
    expect(asked.metadata?.annotations).to.deep.equal({ 'vitrine.dev/allow-refused-run': 'yes' })
    expect(valueOf(asked.spec.template.spec.containers[0] as Container, 'VITRINE_GUARD_OVERRIDE')).to.equal(
      'yes',
    )
    const plain = buildCronJob(scheduleOf(), defaultsOf()).spec.jobTemplate
    expect(plain.metadata).not.to.have.property('annotations')
    expect(valueOf(containerOf(), 'VITRINE_GUARD_OVERRIDE')).to.equal(undefined)
  })
})

describe('the Job of a request', () => {
  it('has the same name for the same request of the same EtlSchedule, and no other', () => {
    const name = requestedJobName(scheduleOf(), 'now')
    expect(requestedJobName(scheduleOf({ schedule: '@daily' }), 'now')).to.equal(name)
    expect(requestedJobName(scheduleOf(), 'later')).not.to.equal(name)
    expect(requestedJobName(scheduleOf({}, 'orders', 'u-2'), 'now')).not.to.equal(name)
  })

  it('has a name that Kubernetes takes, and that a CronJob never gives, however long the names and odd the request', () => {
    const name = requestedJobName(scheduleOf({}, 'n'.repeat(52)), '☃\n'.repeat(80))
    expect(name).to.match(/^n{52}-[0-9a-f]{10}$/)
    expect(name).to.have.length(63)
  })

  it('runs as those of the CronJob do, goes with its EtlSchedule, and is gone a day after its end', () => {
    const schedule = scheduleOf()
    const job: Job = buildRequestedJob(schedule, defaultsOf(), 'now')
    const { ttlSecondsAfterFinished, ...spec } = job.spec
    expect(spec).to.deep.equal(buildCronJob(schedule, defaultsOf()).spec.jobTemplate.spec)
    expect(ttlSecondsAfterFinished).to.equal(86_400)
    expect(job.metadata.ownerReferences?.[0]?.uid).to.equal('u-1')
    expect(job.metadata.annotations).to.deep.equal({ 'vitrine.dev/trigger': 'request' })
  })

  it('carries a trace on, where there is one', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const [traced] = buildRequestedJob(scheduleOf(), defaultsOf(), 'now', { traceparent }).spec.template.spec
      .containers
    expect(valueOf(traced as Container, 'TRACEPARENT')).to.equal(traceparent)
  })
})

describe('the defaults of runs', () => {
  it('need no more than an image', () => {
    expect(parseRunDefaults({ image: 'vitrine:1' })).to.deep.include({
      image: 'vitrine:1',
      imagePullPolicy: 'IfNotPresent',
      env: [],
    })
  })

  it('are refused with the name of what is wrong, unknown fields included', () => {
    expect(() => parseRunDefaults({})).to.throw('image is missing')
    expect(() => parseRunDefaults({ image: 'a', imagePullPolicy: 'Often' })).to.throw(
      'imagePullPolicy "Often" must be Always or IfNotPresent or Never',
    )
    expect(() => parseRunDefaults({ image: 'a', nodeselector: {} })).to.throw('unknown field nodeselector')
    expect(() => parseRunDefaults({ image: 'a', resources: { limits: { memory: 'much' } } })).to.throw(
      'resources.limits.memory "much" must be a quantity',
    )
  })
})
