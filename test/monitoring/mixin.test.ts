import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { toolOrSkip } from '../tools/tools.ts'

const folder = 'charts/vitrine/dashboards'

describe('the mixin', function () {
  this.timeout(150_000)

  it('gives the dashboards and alerts that the chart gives', async function () {
    const jsonnet = await toolOrSkip('jsonnet', this)
    const { stdout } = await promisify(execFile)(jsonnet, [
      '--exec',
      "local mixin = import 'monitoring/mixin.libsonnet'; { dashboards: mixin.grafanaDashboards, alerts: mixin.prometheusAlerts }",
    ])
    const dashboards: Record<string, unknown> = {}
    for (const name of await readdir(folder))
      dashboards[`vitrine-${name}`] = JSON.parse(await readFile(`${folder}/${name}`, 'utf8'))
    expect(JSON.parse(stdout)).to.deep.equal({
      dashboards,
      alerts: parse(await readFile('charts/vitrine/alerts.yaml', 'utf8')),
    })
  })
})
