import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { scopes } from '#internal/access/scopes.ts'
import { documentedRoutes } from '../docs/routes.ts'

describe('the page about access', () => {
  it('names for each scope just the calls that want it', async () => {
    const page = readFileSync('docs/access.md', 'utf8')
    const named = Object.fromEntries(
      Array.from(page.matchAll(/^\| `([\w:]+)` \| (.*) \|$/gm), ([, scope = '', calls = '']) => [
        scope,
        Array.from(calls.matchAll(/`(\w+)`/g), ([, call = '']) => call),
      ]),
    )
    const routes = await documentedRoutes()
    for (const scope of scopes) {
      const wanting = routes.filter(route => route.scope === scope).map(({ operationId }) => operationId)
      expect(named[scope], scope).to.have.members(wanting)
    }
  })
})
