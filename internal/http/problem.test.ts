import { expect } from 'chai'
import { readdirSync } from 'node:fs'
import { Conflict, Misconfigured } from '#internal/errors/errors.ts'
import { Problem, problemBody, problems, toProblem } from './problem.ts'

describe('a problem', () => {
  it('has a page that says what to do, and no page is without its problem', () => {
    const pages = readdirSync(new URL('../../docs/errors/', import.meta.url))
    expect(pages).to.have.members(Object.keys(problems).map(code => `${code}.md`))
  })

  it('names its trace where there is one', () => {
    const problem = new Problem('not-found', 'there is no such path')
    expect(problemBody(problem, 'abc')).to.include({ traceId: 'abc', type: '/errors/not-found', status: 404 })
    expect(problemBody(problem, undefined)).to.not.have.property('traceId')
  })

  it('tells what the caller can do about a failure, and hides what only an operator can', () => {
    expect(toProblem(new Conflict('somebody else holds it'))).to.include({ code: 'conflict' })
    expect(toProblem(new Misconfigured('the password is x'))).to.include({ code: 'internal' })
    expect(toProblem(new Misconfigured('the password is x')).message).to.not.contain('password')
  })
})
