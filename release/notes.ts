import { readFile } from 'node:fs/promises'
import { parse } from 'yaml'
import manifest from '../package.json' with { type: 'json' }
import { sectionOf } from '../docs/changes.ts'

/** `node release/notes.ts v1.2.3` prints the notes of a release, and fails in words where the tag does not fit what is released. */
const tag = process.argv[2] ?? ''
const problems: string[] = []

if (tag !== `v${manifest.version}`)
  problems.push(
    `the tag is "${tag}", but package.json says ${manifest.version}: the tag must be v${manifest.version}`,
  )
for (const chart of ['vitrine', 'vitrine-data']) {
  const { version, appVersion } = parse(await readFile(`charts/${chart}/Chart.yaml`, 'utf8')) as {
    version: string
    appVersion: string
  }
  if (version !== manifest.version || appVersion !== manifest.version) {
    problems.push(
      `charts/${chart}/Chart.yaml says ${version} and ${appVersion}, package.json ${manifest.version}: run make generate`,
    )
  }
}
const notes = sectionOf(await readFile('CHANGELOG.md', 'utf8'), manifest.version)
if (notes === null)
  problems.push(`CHANGELOG.md has no section "## ${manifest.version}": give what is unreleased this name`)

for (const problem of problems) process.stderr.write(`${problem}\n`)
if (problems.length > 0) process.exitCode = 1
else process.stdout.write(`${notes}\n`)
