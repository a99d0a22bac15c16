import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../system/processes.ts'
import { tell, tellSince } from '../measured.ts'
import { isReady, prepareScene, sumOf } from '../scene.ts'
import type { Running } from '../../system/processes.ts'
import type { Schedule } from '../scene.ts'

const count = 1_000
const quietMs = (process.env['VITRINE_SOAK'] === '1' ? 10 : 2) * 60_000
const mebibyte = 2 ** 20
const most = { bytes: 250_000_000, bytesPerSchedule: 20_000 }

describe(`${count} EtlSchedules`, function () {
  this.timeout(quietMs + 300_000)
  const scene = prepareScene()
  let controller: Running

  /** Node writes a snapshot of the heap at the signal, and clears all away before that is not in use. */
  const startMeasurable = () =>
    scene.startController({
      NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${scene.folder}`,
    })
  const liveHeapBytes = async (process: Running) => {
    const before = readdirSync(scene.folder).length
    process.child.kill('SIGUSR2')
    await until('a snapshot of the heap', async () => readdirSync(scene.folder).length > before)
    return sumOf(process, 'nodejs_heap_size_used_bytes')
  }
  const all = async () => (await scene.kube.list<Schedule>(scene.places.schedules)).items
  const versions = async () => (await all()).map(({ metadata }) => [metadata.name, metadata.resourceVersion])

  it('are all reconciled within a minute of a cold start, in little memory', async () => {
    await scene.create('first', { suspend: true })
    const alone = await startMeasurable()
    await scene.untilReady('first')
    const heapOfOne = await liveHeapBytes(alone)
    await alone.stop()
    for (let n = 1; n < count; n += 20) {
      const names = Array.from({ length: Math.min(20, count - n) }, (_, at) => `many-${n + at}`)
      await Promise.all(names.map(name => scene.create(name, { suspend: true })))
    }
    const began = performance.now()
    controller = await startMeasurable()
    await until('all are Ready', async () => (await all()).every(isReady), 60_000)
    tellSince(`${count} are Ready`, began)
    expect(await all()).to.have.length(count)
    const peak = peakBytes(controller)
    const each = ((await liveHeapBytes(controller)) - heapOfOne) / count
    tell(`at most ${toMebibytes(peak)} MiB in memory, ${Math.round(each)} bytes of heap each`)
    expect(peak).to.be.below(most.bytes)
    expect(each).to.be.below(most.bytesPerSchedule)
  })

  it(`suspended, are left alone for ${quietMs / 60_000} minutes`, async () => {
    const before = await versions()
    await sleep(quietMs)
    expect(await versions()).to.deep.equal(before)
  })
})

const toMebibytes = (bytes: number) => Math.round(bytes / mebibyte)

/** The most memory that the process ever held. */
function peakBytes({ child }: Running): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024
}
