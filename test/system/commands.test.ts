import { expect } from 'chai'
import { startTestPostgres } from '../engines/postgres.ts'
import { run } from './processes.ts'

describe('the command line', function () {
  this.timeout(120_000)

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
