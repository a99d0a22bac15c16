import { expect } from 'chai'
import { once } from 'node:events'
import { start } from './processes.ts'

describe('a service with a setting missing', function () {
  this.timeout(60_000)

  // An address where nobody is: waiting for one engine must not hide that the address of another was forgotten.
  const nobody = 'postgres://vitrine@127.0.0.1:1/vitrine'
  for (const [missing, env] of [
    ['VITRINE_POSTGRES_URL', {}],
    ['VITRINE_KAFKA_BROKERS', { VITRINE_EVENT_LOG: 'kafka', VITRINE_POSTGRES_URL: nobody }],
    ['VITRINE_CASSANDRA_HOSTS', { VITRINE_STORE: 'cassandra', VITRINE_POSTGRES_URL: nobody }],
  ] as const) {
    it(`ends at once and names ${missing} in one sentence`, async () => {
      await using loader = await start('loader', env, { waitReady: false })
      if (loader.child.exitCode === null) await once(loader.child, 'close')
      expect(loader.child.exitCode).to.equal(1)
      const said = loader.log().trim().split('\n')
      expect(said.filter(line => !line.startsWith('{'))).to.have.length(1)
      expect(said.at(-1)).to.match(new RegExp(`^${missing} is not set: `))
    })
  }
})
