import { expect } from 'chai'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestPostgres } from '../engines/postgres.ts'
import { run, runs, until } from './processes.ts'

describe('the command line', function () {
  this.timeout(120_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vitrine-commands-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('shows its help, with examples, on standard output', async () => {
    const { code, stdout, stderr } = await run(['--help'])
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
    expect(stdout).to.include('Examples:\n  vitrine up')
  })

  it('suggests the command that was meant', async () => {
    const { code, stderr } = await run(['sned', 'views.ndjson'])
    expect(code).to.equal(1)
    expect(stderr).to.include("unknown command 'sned'").and.to.include('Did you mean send?')
  })

  it('says in one sentence which setting is missing', async () => {
    const { code, stderr } = await run(['init'])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^VITRINE_POSTGRES_URL is not set: .*\n$/)
  })

  it('says in one sentence which file is not there', async () => {
    const { code, stderr } = await run(['send', '/nowhere/views', '--url', 'http://127.0.0.1:1'])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^\/nowhere\/views can't be read: there is no such file or folder\n$/)
  })

  it('names a file that is not there before a setting that is missing', async () => {
    const { code, stderr } = await run(['send', '/nowhere/views'])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^\/nowhere\/views can't be read: there is no such file or folder\n$/)
  })

  it('says in one sentence that a file can be read no further', async () => {
    // Opens like any file; its first bytes can't be read.
    const { code, stdout, stderr } = await run(['send', '/proc/self/mem', '--url', 'http://127.0.0.1:1'])
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr).to.match(/^\/proc\/self\/mem can't be read: EIO: i\/o error, read\n$/)
  })

  it('says in one sentence that there is no room for the refused lines, few or many', async () => {
    for (const count of [1, 20_000]) {
      const args = ['send', '-', '--url', 'http://127.0.0.1:1', '--rejects', '/dev/full']
      const { code, stdout, stderr } = await run(args, {}, 'no view\n'.repeat(count))
      expect({ code, stdout }).to.deep.equal({ code: 1, stdout: '' })
      expect(stderr).to.match(
        /^(\d+ accepted.*\n)?--rejects \/dev\/full can't be written: the disk is full\n$/,
      )
    }
  })

  it('refuses to write the refused lines over the views', async () => {
    const [views, link] = [join(folder, 'views'), join(folder, 'link')]
    writeFileSync(views, 'no view\n')
    symlinkSync(views, link)
    const { code, stderr } = await run(['send', views, '--url', 'http://127.0.0.1:1', '--rejects', link])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^--rejects \S+ is the file of views itself: name another file\n$/)
    expect(readFileSync(views, 'utf8')).to.equal('no view\n')
  })

  it('ends a job at once when it is asked to stop, and says that it did not reach its end', async () => {
    const rejects = join(folder, 'rejects')
    const { child, end } = runs(['send', '-', '--url', 'http://127.0.0.1:1', '--rejects', rejects])
    child.stdin.write('no view\n')
    await until('a refused line', async () => existsSync(rejects) && readFileSync(rejects).length > 0)
    child.kill('SIGTERM')
    expect(await end).to.deep.equal({ code: 1, stdout: '', stderr: 'stopped before the end\n' })
  })

  it('sends an empty input as no views', async () => {
    await using database = await startTestPostgres()
    const env = { VITRINE_POSTGRES_URL: database.url }
    expect((await run(['init'], env)).code).to.equal(0)
    const { code, stdout, stderr } = await run(['send', '-'], env, '')
    expect(code, stderr).to.equal(0)
    expect(JSON.parse(stdout)).to.deep.equal({ lines: 0, accepted: 0, refused: {} })
  })

  it('makes up the same shop from the same seed, and another from another', async () => {
    const views = async (seed: string) =>
      (
        await run([
          'generate',
          '--users',
          '50',
          '--days',
          '3',
          '--until',
          '2026-11-01T00:00:00Z',
          '--seed',
          seed,
        ])
      ).stdout
    const [first, second, other] = await Promise.all([views('7'), views('7'), views('8')])
    expect(first).to.have.length.above(1_000)
    expect(second === first).to.equal(true)
    expect(other === first).to.equal(false)
  })
})
