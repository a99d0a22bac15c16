import { describeKubeApi } from '../../test/contract/kube-api.ts'
import { startFakeApiServer } from './fake-api-server.ts'
import type { FakeApiServer } from './fake-api-server.ts'

describe('fake API server', () => {
  let server: FakeApiServer
  after(async () => server?.[Symbol.asyncDispose]())
  describeKubeApi('the fake', async () => {
    server = await startFakeApiServer()
    return server.kubeconfig
  })
})
