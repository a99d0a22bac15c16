import { withWayOut } from '#internal/etlschedule/cli/cluster-errors.ts'
import { connectKube } from '#internal/kube/client.ts'
import { runJob } from '#internal/process/run.ts'
import { silentLogger } from '#internal/telemetry/logger.ts'
import { createMetrics } from '#internal/telemetry/metrics.ts'
import { flushTelemetry } from '#internal/telemetry/tracing.ts'
import { version } from '../shared/service.ts'
import type { Command } from 'commander'
import type { Schedules } from '#internal/etlschedule/cli/schedules.ts'

/** Which cluster a command speaks to. */
export interface ClusterChoice {
  readonly kubeconfig?: string
  readonly context?: string
  readonly namespace?: string
}

/** The name under which commands change objects, apart from the controller's. */
const fieldManager = 'vitrine-cli'

/** Options of all commands that speak to a cluster, as kubectl has them. */
export function addClusterOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'the kubeconfig (default: as kubectl finds it)')
    .option('--context <name>', 'a context of the kubeconfig other than its current one')
}

export function addNamespaceOption(command: Command): Command {
  return command.option('-n, --namespace <name>', "the EtlSchedules' namespace (default: the context's)")
}

/** Runs a command on the cluster that was chosen. What fails there is told with its way out. */
export async function onCluster(
  { kubeconfig, context, namespace }: ClusterChoice,
  work: (schedules: Schedules, opened: AsyncDisposableStack) => Promise<number>,
): Promise<void> {
  await runJob(async (opened, signal) => {
    opened.defer(flushTelemetry)
    const kube = opened.use(
      await connectKube({
        ...(kubeconfig !== undefined && { kubeconfig }),
        ...(context !== undefined && { context }),
        fieldManager,
        metrics: createMetrics({ service: 'vitrine', version }),
        logger: silentLogger,
      }),
    )
    try {
      return await work({ kube, namespace: namespace ?? kube.namespace, signal }, opened)
    } catch (error) {
      throw withWayOut(error)
    }
  })
}
