import { expect } from 'chai'
import fc from 'fast-check'
import { Unavailable } from '#internal/errors/errors.ts'
import { startScene } from './test-support.ts'
import type { KubeClient } from '#internal/kube/client.ts'
import type { Fault } from '#internal/kube/fake-api-server.ts'
import type { Scene } from './test-support.ts'

/** When a controller dies: before or after its so many-th call that changes something has had its effect. */
interface Death {
  readonly afterCalls: number
  readonly when: 'before' | 'after'
}

interface Mortal {
  readonly client: KubeClient
  readonly died: Promise<void>
}

const changing = ['create', 'update', 'apply', 'applyStatus', 'mergePatch', 'delete'] as const

/** A client whose process dies: from then on nothing that it asks is asked, and it hears of no answer. */
function mortal(client: KubeClient, { afterCalls, when }: Death): Mortal {
  const death = Promise.withResolvers<void>()
  let calls = 0
  let isDead = false
  const dead = () => new Unavailable('this process is dead')

  const wrapped = { ...client } as Record<string, unknown>
  for (const name of changing) {
    const call = client[name] as (...args: unknown[]) => Promise<unknown>
    wrapped[name] = async (...args: unknown[]) => {
      if (isDead) throw dead()
      const isLast = calls++ >= afterCalls
      if (isLast && when === 'before') die()
      if (isDead) throw dead()
      const answer = await call(...args)
      if (isLast) die()
      if (isDead) throw dead()
      return answer
    }
  }
  function die(): void {
    isDead = true
    death.resolve()
  }
  return { client: wrapped as unknown as KubeClient, died: death.promise }
}

const deaths = fc.array(
  fc.record({ afterCalls: fc.nat(6), when: fc.constantFrom<Death['when'][]>('before', 'after') }),
  { maxLength: 8 },
)
const faults = fc.array(
  fc.record({
    fault: fc.constantFrom<Fault[]>('reset', 'internal-error', 'too-many-requests', 'cut', 'expired'),
    skip: fc.nat(20),
  }),
  { maxLength: 4 },
)

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  await using scene = await startScene()
  await work(scene)
}

describe('requests for runs', function () {
  this.timeout(120_000)

  it('each make one Job, wherever controllers are killed and whatever the API server does', async () => {
    const property = fc.asyncProperty(
      deaths,
      faults,
      fc.integer({ min: 1, max: 3 }),
      (plan, trouble, wanted) =>
        withScene(async scene => {
          const requests = Array.from({ length: wanted }, (_, at) => `request ${at}`)
          scene.apply('orders', { suspend: true }, { 'vitrine.dev/run-requested-at': requests[0] as string })
          for (const { fault, skip } of trouble) {
            let toSkip = skip
            scene.server.fail(fault, { matching: () => toSkip-- <= 0 })
          }
          let made = 0
          const allHandled = answerAll(scene, requests)
          for (const death of plan) {
            const { promise, resolve } = Promise.withResolvers<void>()
            const controller = await scene.startController(client => {
              const { client: one, died } = mortal(client, death)
              void died.then(resolve)
              return one
            })
            const over = await Promise.race([promise.then(() => false), allHandled.then(() => true)])
            await controller[Symbol.asyncDispose]()
            made += 1
            // A Lease that nobody gives back would take its time to lapse.
            if (scene.find('lease', 'controller')) scene.delete('lease', 'controller')
            if (over) break
          }
          await scene.startController()
          await allHandled
          await scene.until(() => scene.status('orders').recentRuns?.length === wanted, 'all are shown')
          expect(scene.jobsMade(), `after ${made} kills`).to.have.length(wanted)
          expect(new Set(scene.jobsMade()).size).to.equal(wanted)
        }),
    )
    await fc.assert(property, { numRuns: 20, endOnFailure: true })
  })
})

/** Asks for each run once the one before is handled. */
async function answerAll(scene: Scene, [first, ...others]: readonly string[]): Promise<void> {
  await scene.until(() => scene.status('orders').lastHandledRunRequest === first, `${first} is handled`)
  if (others.length === 0) return
  scene.apply('orders', { suspend: true }, { 'vitrine.dev/run-requested-at': others[0] as string })
  await answerAll(scene, others)
}
