import { expect } from 'chai'
import { helmVersion } from '../../charts/helm.ts'
import { expectedHistories } from '../../system/clicks.ts'
import { until } from '../../system/processes.ts'
import { tell } from '../measured.ts'
import { addressOf, openShop, visits } from './shop.ts'
import type { WireView } from '../../system/clicks.ts'
import type { Said } from '../../tools/command.ts'
import type { Install } from './install.ts'
import type { Shop, ShopAddress } from './shop.ts'

/** A shop that an install serves, for the tests that follow. */
export interface Served {
  readonly address: ShopAddress
  readonly shop: Shop
  /** What its visitors have looked at. */
  readonly views: readonly WireView[]
}

/** Two visitors whose answers are looked at. */
const looked = ['visitor-3', 'visitor-120']

/** Kubernetes takes no larger Secret, and Helm keeps each release in one. */
const largestRelease = 2 ** 20

/** What every install promises, within its suite; `installed` is what Helm said. */
export function itServesAShop(install: Install, installed: () => Said): Served {
  let address: ShopAddress
  let shop: Shop
  let views: readonly WireView[]

  it('is done when all pods are ready, and the cluster has nothing to say against one', async () => {
    expect(installed().ok, installed().stderr).to.equal(true)
    expect(installed().stderr).not.to.match(/warning/i)
    const ready = await install.field(
      'pods',
      '{range .items[*]}{.metadata.labels.app\\.kubernetes\\.io/component}={.status.conditions[?(@.type=="Ready")].status} {end}',
    )
    const services = ready.split(' ').filter(one => /^(api|controller|ingestor|loader)=/.test(one))
    const twice = (one: string) => [one, one]
    expect(services).to.have.members([
      'controller=True',
      ...['api=True', 'ingestor=True', 'loader=True'].flatMap(twice),
    ])
  })

  it('fits into the Secret that Helm keeps of it', async () => {
    const releases = '{.items[?(@.metadata.labels.owner=="helm")].data.release}'
    const size = Math.max(...(await install.field('secret', releases)).split(' ').map(({ length }) => length))
    tell(`${Math.round(size / 1024)} KiB of 1,024`)
    expect(size).to.be.within(1_000, largestRelease)
  })

  it('passes its own test, which says what it tried', async () => {
    const { ok, stdout, stderr } = await install.test()
    expect(ok, stdout + stderr).to.equal(true)
    if ((await helmVersion()) > 3) expect(stdout).to.include('ok: the visitor is forgotten')
  })

  it('takes views, and answers with histories and recommendations from them', async () => {
    address = await addressOf(install)
    shop = openShop(address)
    views = visits(200, Date.now())
    await shop.send(views)
    const expected = expectedHistories(views)
    for (const user of looked) {
      const seen = expected.get(user) ?? []
      await until(`the history of ${user}`, async () => (await shop.historyOf(user)).join() === seen.join())
      const { items } = await shop.ask<{ items: { productId: string; source: string }[] }>(
        `/v1/users/${user}/recommendations`,
      )
      const products = items.map(({ productId }) => productId)
      expect(new Set(products).size).to.equal(10)
      expect(products.filter(product => seen.includes(product))).to.deep.equal([])
      expect(items[0]?.source).to.equal('sessions')
      const latest = await shop.ask<{ products: string[]; type: string }>(
        '/api/v1/user_nav_history_latest_products/',
        {
          'user-id': user,
        },
      )
      expect(latest).to.include({ type: 'personalized' })
      expect(latest.products).to.deep.equal(seen.slice(0, 10))
    }
  })

  return {
    get address() {
      return address
    },
    get shop() {
      return shop
    },
    get views() {
      return views
    },
  }
}

/** Waits until an install that was made again answers as the one before. */
export async function expectSameHistories(install: Install, views: readonly WireView[]): Promise<void> {
  const shop = openShop(await addressOf(install))
  const expected = expectedHistories(views)
  for (const user of looked) expect(await shop.historyOf(user)).to.deep.equal(expected.get(user))
}
