import { z } from 'zod'
import { parseQuantity } from './quantity.ts'
import { withRules } from './rules.ts'

const quantity = (example: string) =>
  withRules(z.union([z.int(), z.string().max(32)]), [
    {
      message: `must be a quantity of zero or more, such as ${example}`,
      cel: "type(self) == int ? self >= 0 : isQuantity(self) && quantity(self).compareTo(quantity('0')) >= 0",
      holds: value => (parseQuantity(value) ?? -1) >= 0,
    },
  ]).meta({ 'x-kubernetes-int-or-string': true })

const amounts = z.object({
  cpu: quantity('500m').optional().describe('Processor time, in cores: 500m is half of one.'),
  memory: quantity('512Mi').optional().describe('Memory, in bytes: 512Mi.'),
  'ephemeral-storage': quantity('1Gi').optional().describe('Space on the disk of the node, in bytes: 1Gi.'),
})

const names = ['cpu', 'memory', 'ephemeral-storage'] as const

/** A container's requests and limits, as Kubernetes has them. */
export const resources = withRules(
  z.object({
    requests: amounts.optional().describe('What is set aside for a run.'),
    limits: amounts.optional().describe('What a run may use at most.'),
  }),
  names.map(name => ({
    message: `requests.${name} must not be above limits.${name}`,
    cel: requestWithinLimit(name),
    holds: ({ requests, limits }) =>
      (parseQuantity(requests?.[name] ?? 0) ?? 0) <= (parseQuantity(limits?.[name] ?? Infinity) ?? Infinity),
  })),
)

export type Resources = z.output<typeof resources>

function requestWithinLimit(name: string): string {
  // CEL spells a dash in a field's name so.
  const field = name.replace('-', '__dash__')
  const amount = (side: string) =>
    `(type(self.${side}.${field}) == int ? quantity(string(self.${side}.${field})) : quantity(self.${side}.${field}))`
  const given = `has(self.requests) && has(self.limits) && has(self.requests.${field}) && has(self.limits.${field})`
  return `!(${given}) || ${amount('requests')}.compareTo(${amount('limits')}) <= 0`
}
