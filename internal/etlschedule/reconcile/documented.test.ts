import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { eventReasons } from './changes.ts'
import { scheduleMetrics } from './metrics.ts'

const page = readFileSync(new URL('../../../docs/controller.md', import.meta.url), 'utf8')

/** The first cells of the table under a heading. */
function firstCells(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| `(\w+)` /gm)].map(([, cell]) => cell as string)
}

describe('docs/controller.md', () => {
  it('lists every Event of an EtlSchedule, and none besides', () => {
    expect(firstCells('Events')).to.have.members([...eventReasons])
  })

  it('lists every metric of an EtlSchedule, and none besides', async () => {
    const metrics = createMetrics({ service: 'test', version: '0' })
    scheduleMetrics(metrics)
    const { body } = await metrics.scrape()
    const names = [...body.matchAll(/^# TYPE (vitrine_etl_\w+)/gm)].map(([, name]) => name)
    expect(firstCells('Metrics')).to.have.members(names)
  })
})
