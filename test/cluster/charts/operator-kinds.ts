import { existsSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { kubectl } from '../kubectl.ts'

/** The operators' definitions: CRDS names another folder of them. */
const folder = process.env['CRDS'] ?? resolve(import.meta.dirname, '../../../../shared/crds')

/** Lets the cluster know the kinds of the operators; tests that want them are skipped aloud where the definitions are not at hand, and CI fails. */
export async function needOperatorKinds(test: Mocha.Context): Promise<void> {
  if (!existsSync(folder)) {
    process.stdout.write(
      `\nSKIPPED: needs the definitions of the operators' kinds in ${folder}, or in CRDS\n`,
    )
    test.skip()
  }
  const files = await Array.fromAsync(glob('**/*.yaml', { cwd: folder }))
  const definitions = files.flatMap(file => ['-f', join(folder, file)])
  await kubectl(['apply', '--server-side', '--force-conflicts', ...definitions], { timeoutMs: 120_000 })
  await kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s'])
}
