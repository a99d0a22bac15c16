import { Command } from 'commander'
import { applyCrd } from '#internal/etlschedule/cli/apply-crd.ts'
import { version } from '../shared/service.ts'
import { addClusterOptions, onCluster } from './cluster.ts'
import type { Applied } from '#internal/etlschedule/cli/apply-crd.ts'
import type { ClusterChoice } from './cluster.ts'

/** How long the API server may take to serve a new definition. */
const limitMs = 30_000

/** `vitrine crds apply`: what a cluster must know before it takes EtlSchedules. */
export function crdsCommand(): Command {
  const apply = new Command('apply')
    .description("bring the cluster this release's definition of EtlSchedules; a newer one stays")
    .option('--dry-run', 'let the API server say what would become of it, and change nothing', false)
    .addHelpText(
      'after',
      `
Takes the right to get and patch, and at first to create, customresourcedefinitions.
Exit code 0: it stands, or the cluster has that of a newer release; 1: it could not be brought.`,
    )
    .action(({ dryRun, ...choice }: ClusterChoice & { readonly dryRun: boolean }) =>
      onCluster(choice, async ({ kube, signal }) => {
        const applied = await applyCrd({ kube, release: version, dryRun, limitMs, signal })
        process.stdout.write(`etlschedules.vitrine.dev ${sayApplied(applied, dryRun)}\n`)
        return 0
      }),
    )
  return new Command('crds')
    .description('the definition of EtlSchedules in a Kubernetes cluster')
    .addCommand(addClusterOptions(apply))
}

function sayApplied({ outcome, before }: Applied, dryRun: boolean): string {
  switch (outcome) {
    case 'left':
      return `left as it is: the cluster has that of release ${before}, this is ${version}`
    case 'unchanged':
      return `is that of release ${version} already`
    case 'created':
      return `${dryRun ? 'would be' : 'was'} created (release ${version})`
    case 'updated': {
      const from = before === null ? 'one that does not tell its release' : `release ${before}`
      return `${dryRun ? 'would be' : 'was'} updated from ${from} to ${version}`
    }
  }
}
