import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { parseEtlSchedule } from '#internal/etlschedule/resource/etl-schedule.ts'
import { requestedJobName } from '#internal/etlschedule/objects/requested-job.ts'
import { startFakeApiServer } from '#internal/kube/fake-api-server.ts'
import manifest from '../../package.json' with { type: 'json' }
import { etlScheduleManifest } from '../etlschedule-samples.ts'
import { run, runs, until } from './processes.ts'
import type { FakeApiServer, Fault } from '#internal/kube/fake-api-server.ts'
import type { FakeObject } from '#internal/kube/fake-cluster.ts'
import type { RunRecord } from '#internal/etlschedule/resource/status.ts'

const kind = 'etlschedules.vitrine.dev'
const at = (name: string) => ({ kind, namespace: 'shop', name, manager: 'test', subresource: undefined })
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString().replace(/\.\d+Z/, 'Z')

describe('vitrine schedule', function () {
  this.timeout(60_000)
  let server: FakeApiServer
  beforeEach(async () => {
    server = await startFakeApiServer()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const vitrine = (...args: string[]) => run(args, { KUBECONFIG: server.kubeconfig })
  const read = (name: string) => server.cluster.get(at(name)) as FakeObject & { spec: { suspend?: boolean } }
  function make(name: string, spec: object = {}, status?: object): void {
    server.cluster.create(at(name), etlScheduleManifest(name, { ...spec }) as unknown as FakeObject)
    if (status) tell(name, status)
  }
  function tell(name: string, status: object): void {
    server.cluster.merge(
      { ...at(name), subresource: 'status' },
      { status: { observedGeneration: 1, ...status } },
    )
  }
  const asked = (name: string) =>
    (read(name).metadata as { annotations?: Record<string, string> }).annotations ?? {}

  /** Takes up a request as the controller does; its run ends so. */
  async function answerRequest(name: string, end: Partial<RunRecord>): Promise<string> {
    const request = await until('a request', async () => asked(name)['vitrine.dev/run-requested-at'] ?? null)
    const job = requestedJobName(parseEtlSchedule(read(name)), request)
    const record = { name: job, trigger: 'request', result: 'Running', startTime: ago(12) }
    tell(name, { lastHandledRunRequest: request, recentRuns: [record] })
    tell(name, { recentRuns: [{ ...record, endTime: ago(0), ...end }] })
    return job
  }

  it('lists how all stand, the last run and the next in words, and below what is wrong', async () => {
    const lastRun = { name: 'orders-1', trigger: 'schedule', startTime: ago(700), endTime: ago(690) }
    make(
      'orders',
      {},
      {
        nextScheduleTimes: [new Date(Date.now() + 605_000).toISOString()],
        lastRun: { ...lastRun, result: 'Succeeded', rowsRead: 1203 },
      },
    )
    make(
      'asleep',
      { pipeline: 'products', suspend: true },
      {
        conditions: [
          {
            type: 'Ready',
            status: 'False',
            reason: 'SecretMissing',
            message: 'Secret shop-database is missing; make it',
            lastTransitionTime: ago(5),
          },
        ],
      },
    )
    make('new')
    make('odd', { schedule: 'never' }, {})
    const { code, stdout, stderr } = await vitrine('schedule', 'list')
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout.split('\n')).to.deep.equal([
      'NAME    PIPELINE  LAST RUN    RESULT      ROWS  NEXT',
      'asleep  products  never                         suspended',
      'new     orders    never',
      'odd     ?         never',
      'orders  orders    11 min ago  Succeeded  1,203  in 10 min',
      '',
      'asleep: Secret shop-database is missing; make it',
      'new: no controller has looked at it yet',
      `odd: ${stdout.split('odd: ')[1]?.trim()}`,
      '',
    ])
    expect(stdout).to.match(/^odd: spec\.schedule "never": must be five fields/m)
  })

  it('lists for programs, too', async () => {
    const running = { name: 'orders-7', trigger: 'schedule', result: 'Running', startTime: ago(5) }
    make('orders', {}, { missedRuns: 2, active: ['orders-7'], recentRuns: [running] })
    const { code, stdout } = await vitrine('schedule', 'list', '--json')
    expect(code).to.equal(0)
    expect(JSON.parse(stdout)).to.deep.equal({
      items: [
        {
          name: 'orders',
          namespace: 'shop',
          pipeline: 'orders',
          schedule: '0 3 * * *',
          timeZone: 'Etc/UTC',
          suspended: false,
          nextScheduleTimes: [],
          active: [running],
          lastRun: null,
          lastSuccessfulTime: null,
          missedRuns: 2,
          problems: [],
        },
      ],
    })
  })

  it('shows the newest runs, and what those said that went wrong', async () => {
    const recentRuns = [
      { name: 'orders-3', trigger: 'manual', result: 'Refused', message: 'only 3 rows', rowsRead: 3 },
      { name: 'orders-2', trigger: 'schedule', result: 'Succeeded', message: 'all well', rowsRead: 12_345 },
    ].map((one, index) => ({
      ...one,
      startTime: ago(index * 3_600 + 300),
      endTime: ago(index * 3_600 + 240),
    }))
    make('orders', {}, { recentRuns })
    const { code, stdout } = await vitrine('schedule', 'runs', 'orders')
    expect(code).to.equal(0)
    expect(stdout.split('\n')).to.deep.equal([
      'RUN       STARTED     TOOK  BY        RESULT       READ  WRITTEN  DELETED',
      'orders-3  5 min ago   60 s  manual    Refused         3',
      'orders-2  65 min ago  60 s  schedule  Succeeded  12,345',
      '',
      'orders-3: only 3 rows',
      '',
    ])
    const asJson = await vitrine('schedule', 'runs', 'orders', '--json')
    expect(JSON.parse(asJson.stdout)).to.deep.equal({ items: recentRuns })
  })

  it('suspends and resumes, and says when that is so already', async () => {
    make('orders')
    const said = async (command: string) => (await vitrine('schedule', command, 'orders')).stdout
    expect(await said('resume')).to.equal('orders is not suspended: its schedule starts runs.\n')
    expect(await said('suspend')).to.equal(
      'orders is suspended: its schedule starts no runs. One under way goes on.\n',
    )
    expect(read('orders').spec.suspend).to.equal(true)
    const version = server.cluster.version
    expect(await said('suspend')).to.include('is suspended already')
    expect(server.cluster.version).to.equal(version)
    expect(await said('resume')).to.equal('orders is not suspended any more: its schedule starts runs.\n')
    expect(read('orders').spec.suspend).to.equal(false)
    const managers = read('orders').metadata.managedFields?.map(({ manager }) => manager)
    expect(managers).to.include('vitrine-cli')
  })

  it("starts a run now and prints its Job's name once a controller has taken it up", async () => {
    make('orders', { suspend: true })
    const ended = vitrine('schedule', 'run', 'orders')
    const job = await answerRequest('orders', { result: 'Succeeded' })
    expect(await ended).to.deep.equal({ code: 0, stdout: `${job}\n`, stderr: '' })
    expect(asked('orders')).not.to.have.property('vitrine.dev/allow-refused-run')
  })

  it('follows a run to its end, which is its exit code', async () => {
    const ends: [Partial<RunRecord>, number, string][] = [
      [
        { result: 'Succeeded', rowsRead: 1203, rowsWritten: 9, rowsDeleted: 0 },
        0,
        'Succeeded in 12 s: 1,203 rows read, 9 written, 0 deleted',
      ],
      [
        { result: 'Skipped', message: 'another run is under way' },
        0,
        'Skipped in 12 s: another run is under way',
      ],
      [{ result: 'Failed', message: 'OOMKilled' }, 1, 'Failed in 12 s: OOMKilled'],
      [
        { result: 'Refused', rowsRead: 3, message: 'fewer than 100' },
        2,
        'Refused in 12 s: 3 rows read: fewer than 100',
      ],
    ]
    await Promise.all(
      ends.map(async ([end, code, words]) => {
        const name = `ends-${code}-${String(end.result).toLowerCase()}`
        make(name)
        const ended = vitrine('schedule', 'run', name, '--wait')
        const job = await answerRequest(name, end)
        const said = await ended
        expect(said.code, said.stderr).to.equal(code)
        // A slow machine may take a second more between making the record and ending it.
        expect(said.stdout.replace(/ 1[23] s/, ' 12 s')).to.equal(`${job}\n${words}\n`)
      }),
    )
  })

  it('lets a refused run through when told to, and says for programs how it ended', async () => {
    make('orders')
    const ended = vitrine('schedule', 'run', 'orders', '--wait', '--allow-refused', '--json')
    const job = await answerRequest('orders', { result: 'Succeeded' })
    const { code, stdout } = await ended
    expect(code).to.equal(0)
    const { run: record, ...rest } = JSON.parse(stdout) as { run: RunRecord; request: string }
    expect(rest).to.deep.equal({ name: 'orders', namespace: 'shop', job, request: rest.request })
    expect(record).to.include({ name: job, result: 'Succeeded' })
    expect(asked('orders')).to.deep.equal({
      'vitrine.dev/run-requested-at': rest.request,
      'vitrine.dev/allow-refused-run': rest.request,
    })
  })

  it('joins a run that was asked for and not started yet, so that nobody takes the place of another', async () => {
    make('orders')
    const first = vitrine('schedule', 'run', 'orders')
    const request = await until(
      'a request',
      async () => asked('orders')['vitrine.dev/run-requested-at'] ?? null,
    )
    const second = runs(['schedule', 'run', 'orders'], { KUBECONFIG: server.kubeconfig })
    let words = ''
    second.child.stderr.on('data', (text: string) => (words += text))
    await until('it says so', async () => words.includes('\n'))
    const job = await answerRequest('orders', { result: 'Succeeded' })
    expect((await first).stdout).to.equal(`${job}\n`)
    expect(await second.end).to.deep.equal({
      code: 0,
      stdout: `${job}\n`,
      stderr: `A run was asked for already (${request}) and is waited for.\n`,
    })
  })

  it('says that no controller took up a request, and that it stays', async () => {
    make('orders')
    const { code, stdout, stderr } = await vitrine('schedule', 'run', 'orders')
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(
      /^no controller has taken up the request for a run of orders within 10 s; .*stays.*\n$/,
    )
  })

  it('waits while the API server is away in the middle of a run', async () => {
    make('orders')
    const ended = vitrine('schedule', 'run', 'orders', '--wait')
    await until('a request', async () => asked('orders')['vitrine.dev/run-requested-at'] ?? null)
    for (const fault of ['reset', 'internal-error', 'too-many-requests'] as const) server.fail(fault)
    await answerRequest('orders', { result: 'Succeeded' })
    const { code, stdout } = await ended
    expect(code).to.equal(0)
    expect(stdout).to.include('Succeeded')
  })

  it('suggests the name that was meant', async () => {
    for (const name of ['orders', 'orders-nightly', 'products']) make(name)
    const said = await Promise.all(
      ['run', 'runs', 'suspend', 'resume'].map(command => vitrine('schedule', command, 'order')),
    )
    for (const { code, stdout, stderr } of said) {
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.equal(
        'there is no EtlSchedule order in the namespace shop; did you mean orders or orders-nightly?\n',
      )
    }
    const { stderr } = await vitrine('schedule', 'runs', 'orders', '-n', 'other')
    expect(stderr).to.equal('there is no EtlSchedule orders in the namespace other, nor any other\n')
  })

  it('says in one sentence what is missing: a kubeconfig, a context, the cluster, the definition, a right', async () => {
    const list = async (env: Record<string, string>, ...args: string[]) => {
      const { code, stdout, stderr } = await run(['schedule', 'list', ...args], env)
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr.trim().split('\n')).to.have.length(1)
      return stderr
    }
    const failing = (fault: Fault) => {
      server.fail(fault)
      return list({ KUBECONFIG: server.kubeconfig })
    }
    expect(await list({ HOME: '/nowhere' })).to.match(/^there is no kubeconfig: set KUBECONFIG /)
    expect(await list({ KUBECONFIG: '/nowhere/config' })).to.include('/nowhere/config')
    expect(await list({ KUBECONFIG: server.kubeconfig }, '--context', 'prod')).to.include(
      'no cluster for the context "prod"; its contexts: fake',
    )
    expect(await failing('unknown-kind')).to.equal(
      'the cluster does not know EtlSchedules yet: run vitrine crds apply\n',
    )
    expect(await failing('forbidden'))
      .to.include('the user has no right to do this')
      .and.to.include('Role')
    await server[Symbol.asyncDispose]()
    const away = join(mkdtempSync(join(tmpdir(), 'vitrine-kubeconfig-')), 'config')
    writeFileSync(away, JSON.stringify(kubeconfigOf('http://127.0.0.1:1')))
    expect(await list({}, '--kubeconfig', away)).to.match(/ECONNREFUSED 127\.0\.0\.1:1\. Is the cluster up, /)
    rmSync(join(away, '..'), { recursive: true })
    server = await startFakeApiServer()
  })
})

function kubeconfigOf(address: string): object {
  return {
    clusters: [{ name: 'away', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'away', user: { token: 'a-token' } }],
    contexts: [{ name: 'away', context: { cluster: 'away', user: 'away' } }],
    'current-context': 'away',
  }
}

describe('vitrine schedule render', function () {
  this.timeout(60_000)
  const yaml = (...objects: object[]) => objects.map(one => stringify(one)).join('---\n')
  const render = (input: string, ...args: string[]) => run(['schedule', 'render', '-', ...args], {}, input)

  it('prints the CronJob of each EtlSchedule, as kubectl applies it, without a cluster', async () => {
    const secret = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }
    const { code, stdout, stderr } = await render(
      yaml(etlScheduleManifest('orders'), secret, etlScheduleManifest('products', { pipeline: 'products' })),
      '--namespace',
      'shop',
    )
    expect(code, stderr).to.equal(0)
    const cronJobs = parseAllDocuments(stdout).map(
      one => one.toJS() as { kind: string; metadata: Record<string, string>; spec: { schedule: string } },
    )
    expect(
      cronJobs.map(({ kind: what, metadata }) => [what, metadata['name'], metadata['namespace']]),
    ).to.deep.equal([
      ['CronJob', 'orders', 'shop'],
      ['CronJob', 'products', 'shop'],
    ])
    const { stdout: unplaced } = await render(yaml(etlScheduleManifest('orders')))
    expect(unplaced).not.to.include('namespace:')
    for (const { metadata } of cronJobs) expect(metadata).not.to.have.property('ownerReferences')
    expect(stderr).to.match(
      /^Without --defaults the image is vitrine:.*\nLeft out, .*: ConfigMap settings\n$/,
    )
  })

  it('takes what runs share from a file, as the controller does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-render-'))
    const file = join(folder, 'defaults.yaml')
    writeFileSync(file, 'image: registry.example.com/vitrine:1\nnodeSelector: { pool: batch }\n')
    const { code, stdout, stderr } = await render(yaml(etlScheduleManifest('orders')), '--defaults', file)
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.include('image: registry.example.com/vitrine:1').and.to.include('pool: batch')
    writeFileSync(file, 'imag: a\n')
    const refused = await render(yaml(etlScheduleManifest('orders')), '--defaults', file)
    expect({ code: refused.code, stdout: refused.stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(refused.stderr).to.include(`${file}: `).and.to.include('imag')
    rmSync(folder, { recursive: true })
  })

  it('names the file, the document and the field that are refused, and ends with 2', async () => {
    const odd = etlScheduleManifest('odd', { window: '2w' })
    const { code, stdout, stderr } = await render(yaml(etlScheduleManifest('orders'), odd))
    expect({ code, stdout }).to.deep.equal({ code: 2, stdout: '' })
    expect(stderr).to.match(/^standard input: document 2: EtlSchedule odd: spec\.window "2w" must .*\n$/)
    const missing = await run(['schedule', 'render', '/nowhere/etl.yaml'])
    expect(missing).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: "/nowhere/etl.yaml can't be read: there is no such file or folder\n",
    })
  })
})

describe('vitrine crds apply', function () {
  this.timeout(60_000)
  const name = 'etlschedules.vitrine.dev'
  const crd = {
    kind: 'customresourcedefinitions.apiextensions.k8s.io',
    namespace: undefined,
    name,
    manager: 'test',
    subresource: undefined,
  }
  let server: FakeApiServer
  beforeEach(async () => {
    server = await startFakeApiServer()
  })
  afterEach(() => server[Symbol.asyncDispose]())
  const apply = (...args: string[]) => run(['crds', 'apply', ...args], { KUBECONFIG: server.kubeconfig })
  const release = () =>
    (server.cluster.get(crd).metadata as { annotations?: Record<string, string> }).annotations?.[
      'vitrine.dev/release'
    ]
  /** The API server serves what it was given, after a while. */
  const serveSoon = () =>
    until('the definition', async () => {
      server.cluster.get(crd)
      server.cluster.merge(
        { ...crd, subresource: 'status' },
        { status: { conditions: [{ type: 'Established', status: 'True' }] } },
      )
      return true
    })

  it('brings the definition of this release, and waits until it is served', async () => {
    const [said] = await Promise.all([apply(), serveSoon()])
    expect(said).to.deep.equal({
      code: 0,
      stdout: `${name} was created (release ${manifest.version})\n`,
      stderr: '',
    })
    expect((await apply()).stdout).to.equal(`${name} is that of release ${manifest.version} already\n`)
  })

  it('only says what it would do when asked to', async () => {
    const { code, stdout } = await apply('--dry-run')
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: `${name} would be created (release ${manifest.version})\n`,
    })
    expect(() => server.cluster.get(crd)).to.throw('not found')
  })

  it('replaces an older one, or one that does not tell its release', async () => {
    const old = {
      metadata: { name, annotations: { 'vitrine.dev/release': '0.0.9' } },
    } as unknown as FakeObject
    server.cluster.create(crd, old)
    const [said] = await Promise.all([apply(), serveSoon()])
    expect(said.stdout).to.equal(`${name} was updated from release 0.0.9 to ${manifest.version}\n`)
    expect(release()).to.equal(manifest.version)
  })

  it('leaves a newer one alone, and ends well, so that an older release can be rolled back to', async () => {
    const newer = {
      metadata: { name, annotations: { 'vitrine.dev/release': '99.0.0-rc.1' } },
    } as unknown as FakeObject
    server.cluster.create(crd, newer)
    const { code, stdout } = await apply()
    expect(code).to.equal(0)
    expect(stdout).to.equal(
      `${name} left as it is: the cluster has that of release 99.0.0-rc.1, this is ${manifest.version}\n`,
    )
    expect(release()).to.equal('99.0.0-rc.1')
  })

  it('says in one sentence whose right is missing', async () => {
    server.fail('forbidden')
    const { code, stderr } = await apply()
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^the API server refused to .*the user has no right to do this.*administrator.*\n$/,
    )
  })
})
