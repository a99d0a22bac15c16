import { expect } from 'chai'
import { Unavailable } from '#internal/errors/errors.ts'
import { createStoreGuard, startDeadline } from './store-guard.ts'

describe('the guard before the store', () => {
  it('hands on what the store answers', async () => {
    expect(await createStoreGuard()(async () => 7)).to.deep.equal({ there: true, value: 7 })
  })

  it('waits for no store that does not answer', async () => {
    const guard = createStoreGuard({ timeLimitMs: 5 })
    expect(await guard(() => new Promise(() => {}))).to.deep.equal({ there: false })
  })

  it('leaves a store alone that is away, and finds it when it is back', async () => {
    const guard = createStoreGuard({ pauseMs: 10 })
    let asked = 0
    const away = () => {
      asked += 1
      return Promise.reject(new Unavailable('away'))
    }
    for (let i = 0; i < 10; i++) expect(await guard(away)).to.deep.equal({ there: false })
    expect(asked).to.equal(3)
    while (!(await guard(async () => 'back')).there) await new Promise(setImmediate)
  })

  it('hides no bug', async () => {
    const bug = new TypeError('a bug')
    const seen = await createStoreGuard()(() => Promise.reject(bug)).catch((error: unknown) => error)
    expect(seen).to.equal(bug)
  })
})

describe('the time that a question waits for the store', () => {
  const never = () => new Promise<never>(() => {})

  it('is one for all that is asked', async () => {
    const deadline = startDeadline(5)
    expect(await deadline(never())).to.equal(null)
    const late = new Promise(resolve => setTimeout(resolve, 100, 'late'))
    expect(await deadline(late)).to.equal(null)
  })

  it('lets through what is in memory also when it is up', async () => {
    const deadline = startDeadline(0)
    await deadline(never())
    const inMemory = async () => {
      for (let n = 0; n < 10; n++) await Promise.resolve()
      return 7
    }
    expect(await deadline(inMemory())).to.equal(7)
  })

  it('hides no bug', async () => {
    const bug = new TypeError('a bug')
    const seen = await startDeadline()(Promise.reject(bug)).catch((error: unknown) => error)
    expect(seen).to.equal(bug)
  })
})
