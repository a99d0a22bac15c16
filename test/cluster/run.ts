import { spawnSync } from 'node:child_process'
import { globSync, writeFileSync } from 'node:fs'
import { env, argv } from 'node:process'
import { clusterFolder, hasScripts, scriptPath } from './scripts.ts'

/**
 * `make test-cluster`: the tests of the charts, then those on a Kubernetes, those that freeze a part of it last. With VITRINE_CLUSTER=kubeconfig it is
 * the one that KUBECONFIG names, and tests that load images or freeze parts are skipped; else one on this machine, started
 * for it and ended after it unless it was up before. In CI a skipped test is a failure. The long form tries the charts with Helm 3, too.
 */
function main(): number {
  if (env['VITRINE_CLUSTER'] === 'kubeconfig') return runTests({})
  if (!hasScripts()) {
    process.stdout.write(
      'SKIPPED: the tests on a Kubernetes. Name one by VITRINE_CLUSTER=kubeconfig KUBECONFIG=file, or scripts that start one by CLUSTER=folder.\n',
    )
    return env['CI'] === 'true' ? 1 : 0
  }
  const kubeconfig = `${clusterFolder}/kubeconfig`
  const environment = {
    CLUSTER_DIR: clusterFolder,
    KUBECONFIG: kubeconfig,
    PATH: `${clusterFolder}/bin:${env['PATH']}`,
  }
  const wasUp = call(`${clusterFolder}/bin/kubectl`, ['get', '--raw', '/readyz'], environment, 'ignore') === 0
  try {
    const isLong = env['VITRINE_SOAK'] === '1'
    const programs = ['hyperkube', 'helm4', ...(isLong ? ['helm3'] : [])]
    const failed = call(scriptPath('build'), programs) || call(scriptPath('up'))
    if (!failed) givePodsTheirShare()
    const status =
      failed ||
      runTests(environment) ||
      (isLong ? runTests({ ...environment, HELM: 'helm3' }, chartTests) : 0)
    if (status !== 0) process.stdout.write(`logs of the cluster are kept in ${clusterFolder}/log\n`)
    return status
  } finally {
    if (!wasUp) call(scriptPath('down'))
  }
}

/**
 * All pods of such a cluster weigh, when the processors are busy, as much as one thread of the engines beside them; on a node of its
 * own a cluster gives them what its cores have.
 */
function givePodsTheirShare(): void {
  const times = 8
  const weights = { 'cpu/vitrine-*/cpu.shares': 1_024, 'vitrine-*/cpu.weight': 100 }
  for (const [pattern, one] of Object.entries(weights)) {
    for (const file of globSync(`/sys/fs/cgroup/${pattern}`)) writeFileSync(file, String(times * one))
  }
}

const allTests = [
  'test/charts/*.test.ts',
  'test/cluster/*.test.ts',
  'test/cluster/charts/*.test.ts',
  'test/cluster/outages/*.test.ts',
]
const chartTests = ['test/charts/*.test.ts', 'test/cluster/charts/*.test.ts']

function runTests(environment: Record<string, string>, files = allTests): number {
  const args = ['--reporter', 'test/reporter.ts', ...(env['CI'] === 'true' ? ['--forbid-pending'] : [])]
  return call('mocha', [...args, ...files, ...argv.slice(2)], environment)
}

function call(
  command: string,
  args: readonly string[] = [],
  environment: Record<string, string> = {},
  stdio: 'inherit' | 'ignore' = 'inherit',
): number {
  return spawnSync(command, [...args], { stdio, env: { ...env, ...environment } }).status ?? 1
}

process.exitCode = main()
