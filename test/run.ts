import { spawnSync } from 'node:child_process'

/** `npm test`: types, lint, then every test on real engines but those of charts and on a cluster. In CI a skipped test is a failure. */
const steps: readonly (readonly [string, ...string[]])[] = [
  ['tsc', '--noEmit'],
  ['biome', 'format', '.'],
  ['oxlint', '--type-aware', '--deny-warnings', '--quiet'],
  [
    'mocha',
    '--reporter',
    'test/reporter.ts',
    '{internal,cmd,test}/**/*.test.ts',
    '--ignore=test/{charts,cluster}/**',
    ...(process.env['CI'] === 'true' ? ['--forbid-pending'] : []),
  ],
]

for (const [command, ...args] of steps) {
  process.stdout.write(`\n> ${command} ${args.join(' ')}\n`)
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) {
    process.exitCode = status ?? 1
    break
  }
}
