import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../system/processes.ts'
import { tellSince } from './measured.ts'
import { prepareScene, sumOf } from './scene.ts'
import type { Running } from '../system/processes.ts'

const leads = 'leader_election_master_status'

describe('Two controllers', function () {
  this.timeout(120_000)
  const scene = prepareScene()

  const isLeading = async (controller: Running) => (await sumOf(controller, leads)) === 1
  const leader = () =>
    until('one leads', async () => {
      for (const controller of scene.controllers) if (await isLeading(controller)) return controller
      return null
    })
  const writes = async (controller: Running) => {
    const text = await (await fetch(`${controller.opsUrl}/metrics`)).text()
    return text
      .split('\n')
      .filter(
        line => line.startsWith('rest_client_requests_total{') && /method="(PATCH|POST|DELETE)"/.test(line),
      )
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
  }
  /** Changes a schedule, and waits until it has been acted on. */
  const worksOn = async (name: string, schedule: string) => {
    await scene.change(name, { schedule })
    await scene.untilReady(name)
    expect((await scene.cronJob(name))?.spec.schedule).to.equal(schedule)
  }

  it('share the work so that one does it, and the other writes nothing and is ready', async () => {
    const first = await scene.startController()
    await leader()
    const second = await scene.startController()
    expect((await fetch(`${second.opsUrl}/readyz`)).status).to.equal(200)
    for (let n = 0; n < 5; n++) {
      await scene.create(`shared-${n}`)
      await scene.untilReady(`shared-${n}`)
    }
    expect(await isLeading(first)).to.equal(true)
    expect(await isLeading(second)).to.equal(false)
    expect(await writes(second)).to.equal(0)
  })

  it('change places at once when the leader is told to end', async () => {
    const first = await leader()
    const asked = performance.now()
    expect(await first.stop()).to.equal(0)
    await leader()
    tellSince('the other leads', asked)
    await worksOn('shared-0', '1 1 29 2 *')
  })

  it('change places when the leader is killed', async () => {
    await scene.startController()
    const first = await leader()
    const asked = performance.now()
    await first.kill()
    await leader()
    tellSince('the other leads', asked)
    await worksOn('shared-1', '2 1 29 2 *')
  })

  it('never both write: a leader that was frozen, and followed, wakes up and writes nothing', async () => {
    const first = await leader()
    const second = await scene.startController()
    first.child.kill('SIGSTOP')
    await until('the second leads', () => isLeading(second))
    await worksOn('shared-2', '3 1 29 2 *')
    first.child.kill('SIGCONT')
    await until('the first has stepped back', async () => !(await isLeading(first)))
    const written = await writes(first)
    await worksOn('shared-3', '4 1 29 2 *')
    await sleep(1_000)
    expect(await writes(first)).to.equal(written)
    expect(await isLeading(second)).to.equal(true)
  })
})
