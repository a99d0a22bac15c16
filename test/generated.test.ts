import { expect } from 'chai'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { drift, write } from '../docs/drift.ts'
import { generatedFiles } from '../docs/generated-files.ts'

describe('generated files', () => {
  it('are what the code gives, none missing and none too many', async () => {
    expect(drift(join(import.meta.dirname, '..'), await generatedFiles())).to.deep.equal([])
  })

  describe('in a folder of their own', () => {
    const generated = { files: { 'docs/a.md': 'a\n', 'crds/b.yaml': 'b\n' }, wholeFolders: ['crds', 'none'] }
    let root = ''
    beforeEach(() => {
      root = mkdtempSync(join(tmpdir(), 'vitrine-generated-'))
      write(root, generated)
    })
    afterEach(() => rmSync(root, { recursive: true }))

    it('differ in nothing once written, whatever lies beside them', () => {
      writeFileSync(join(root, 'docs/by-hand.md'), 'kept')
      expect(drift(root, generated)).to.deep.equal([])
    })

    it('are told stale when one has changed', () => {
      writeFileSync(join(root, 'docs/a.md'), 'a \n')
      expect(drift(root, generated)).to.deep.equal(['docs/a.md is stale: run make generate'])
    })

    it('are told missing when one is gone', () => {
      rmSync(join(root, 'crds/b.yaml'))
      expect(drift(root, generated)).to.deep.equal(['crds/b.yaml is missing: run make generate'])
    })

    it('are told too many when a folder of theirs holds another, however deep', () => {
      mkdirSync(join(root, 'crds/old'))
      writeFileSync(join(root, 'crds/old/c.yaml'), 'c\n')
      expect(drift(root, generated)).to.deep.equal(['crds/old/c.yaml is generated from nothing: remove it'])
    })
  })
})
