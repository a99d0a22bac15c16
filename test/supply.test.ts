import { expect } from 'chai'
import { readFile } from 'node:fs/promises'

interface Locked {
  /** Where it comes from; the registry of npm's settings without it. */
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
}

/** Licences that let everybody use, change and pass on, and ask for no more than to be named. */
const allowed = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
  'PSF-2.0',
  'CC-BY-3.0',
  'CC0-1.0',
  'Unlicense',
]

describe('the packages that Vitrine is made of', () => {
  let packages: [name: string, locked: Locked][]
  before(async () => {
    const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
      packages: Record<string, Locked>
    }
    packages = Object.entries(lock.packages).filter(([name]) => name !== '')
    expect(packages.length).to.be.above(100)
  })

  it('are those that were locked, byte by byte, and come encrypted', () => {
    const loose = packages.filter(
      ([, { resolved = 'https://', integrity }]) =>
        !resolved.startsWith('https://') || !integrity?.startsWith('sha512-'),
    )
    expect(loose.map(([name]) => name)).to.deep.equal([])
  })

  it('may be used and passed on by everybody', () => {
    const isAllowed = (license = 'none') =>
      license
        .replaceAll(/[()]/g, '')
        .split(' OR ')
        .some(choice => choice.split(' AND ').every(one => allowed.includes(one)))
    const others = packages.filter(([, { license, dev }]) => !dev && !isAllowed(license))
    expect(others.map(([name, { license }]) => `${name}: ${license}`)).to.deep.equal([])
  })
})
