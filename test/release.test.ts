import { expect } from 'chai'
import { glob, readFile } from 'node:fs/promises'
import { parse, parseAllDocuments } from 'yaml'
import { tryCommand } from './tools/command.ts'
import { changesOf, sectionOf } from '../docs/changes.ts'
import manifest from '../package.json' with { type: 'json' }

const changelog = `# Changelog

## Unreleased

- Something
  new.
- More.

## 1.0.0 (2026-01-02)

- The first.
`

describe('a release', () => {
  it('has the notes of its section in the changelog', () => {
    expect(sectionOf(changelog, '1.0.0')).to.equal('- The first.')
    expect(sectionOf(changelog, '2.0.0')).to.equal(null)
    expect(changesOf(changelog, '1.0.0')).to.deep.equal(['The first.'])
    expect(changesOf(changelog, '1.1.0')).to.deep.equal(['Something new.', 'More.'])
  })

  it('is refused in words under a tag that is not its version', async () => {
    const { ok, stderr } = await tryCommand(process.execPath, ['release/notes.ts', 'v9.9.9'])
    expect(ok).to.equal(false)
    expect(stderr).to.include(`the tag must be v${manifest.version}`)
  })

  it('is made by actions that nobody can exchange, with no more rights than each job needs', async () => {
    const files = await Array.fromAsync(glob('.github/workflows/*.yml'))
    expect(files.length).to.be.above(1)
    for (const file of files) {
      const text = await readFile(file, 'utf8')
      const uses = [...text.matchAll(/uses: (\S+)(.*)/g)]
      expect(uses.length).to.be.above(0)
      for (const [, action = '', version = ''] of uses) {
        expect(action, file).to.match(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/)
        expect(version, action).to.match(/^ # v\d+\.\d+\.\d+$/)
      }
      const { permissions, jobs } = parse(text) as {
        permissions: object
        jobs: Record<string, { permissions: object }>
      }
      expect(permissions, file).to.deep.equal({})
      for (const job of Object.values(jobs)) expect(job.permissions).to.be.an('object')
    }
  })
})

describe('development on a cluster', () => {
  it('brings operators in the order in which they need each other, each pinned and waited for', async () => {
    const { stdout } = await tryCommand('k8s-dev/operators.sh', ['--dry-run'])
    const lines = stdout.trim().split('\n')
    expect(lines.map(line => line.split(' ')[3])).to.deep.equal([
      'cert-manager',
      'cnpg-system',
      'strimzi',
      'k8ssandra-operator',
    ])
    for (const line of lines) expect(line).to.match(/ --version v?\d+\.\d+\.\d+ .* --wait /)
  })

  it('has a cluster of kind, and a Tiltfile that knows every service', async () => {
    const [kind] = parseAllDocuments(await readFile('k8s-dev/kind.yaml', 'utf8'))
    expect(kind?.errors).to.deep.equal([])
    expect(kind?.toJS()).to.include({ kind: 'Cluster', name: 'vitrine' })
    const tiltfile = await readFile('Tiltfile', 'utf8')
    for (const service of ['ingestor', 'loader', 'api', 'controller'])
      expect(tiltfile).to.include(`'${service}'`)
    for (const [, script = ''] of tiltfile.matchAll(/'(k8s-dev\/[\w-]+\.sh)'/g))
      expect((await readFile(script)).length).to.be.above(100)
    JSON.parse(await readFile('.devcontainer/devcontainer.json', 'utf8'))
  })
})
