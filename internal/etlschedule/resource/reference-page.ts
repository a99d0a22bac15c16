import { objectSchema, printerColumns } from './crd.ts'
import { fieldTable } from './field-table.ts'
import {
  allowRefusedRunAnnotation,
  apiVersion,
  maxNameLength,
  maxRequestLength,
  runRequestedAnnotation,
  scheduleLabel,
  triggerAnnotation,
} from './names.ts'
import type { Json } from './crd.ts'

/** docs/etlschedule.md: what users may write, and what they can read from the status. */
export function etlSchedulePage(): string {
  const { spec, status } = objectSchema()['properties'] as { spec: Json; status: Json }
  return `# EtlSchedule

An EtlSchedule copies a shop's orders or products from its PostgreSQL into Vitrine, again and again by a schedule, and
tells how each run ended. The controller makes a CronJob of it; Kubernetes starts the runs. What a run does stands in
[the ETL](etl.md), when it is due in [schedules](schedules.md). This page is generated from the schemas that check an
EtlSchedule.

${examples}
## Spec

${fieldTable(spec)}

Durations are a whole number and a unit: \`90s\`, \`30m\`, \`24h\`, \`90d\`. All but the pipeline may be changed at any time;
runs under way end as they began. What could never run is refused when it is applied, in words: a schedule that a
CronJob's clock cannot read, a zone that does not exist, a name of more than ${maxNameLength} characters, a duration of none.

## Status

${fieldTable(status, path => !path.startsWith('recentRuns[].'))}

Times are in UTC. Only the controller writes the status; while \`observedGeneration\` differs from
\`metadata.generation\`, it has not seen the newest spec.

### Conditions

| type | True | False |
|---|---|---|
| \`Ready\` | the CronJob is as the spec says, or suspended as it says; nothing is said about runs | it could not be made, and why |
| \`Healthy\` | the last run that ended was good | the last run failed or was refused; \`Unknown\` before the first |
| \`Overdue\` | the newest run that was due has not started, and why, as far as can be seen | all that were due have started, or none is due while suspended |
| \`Reconciling\` | the controller is at work on a change | absent |
| \`Stalled\` | trying again cures nothing: the spec must change | absent |

Tools that wait for \`Ready\`, such as \`helm --wait\`, \`kubectl wait\`, Flux and Argo CD, so wait for the CronJob and
never for tonight's run:

\`\`\`sh
kubectl wait --for=condition=Ready etl/orders --timeout=30s
\`\`\`

### Results of runs

| result | readers see | what to do |
|---|---|---|
| \`Succeeded\` | what the run read | |
| \`Failed\` | what they saw before | read its \`message\`; it is tried again up to \`backoffLimit\` times where that may help |
| \`Refused\` | what they saw before | look at the shop's database; if it is right, let the next run pass (below) |
| \`Skipped\` | what they saw before | nothing: another run was under way |

## kubectl get

\`kubectl get etl\` shows, and with \`-o wide\` also the last ones:

| column | what |
|---|---|
${printerColumns.map(column => `| ${column.name} | ${column.description}${'priority' in column ? ' (wide)' : ''} |`).join('\n')}

## Annotations and labels

| name | on | what |
|---|---|---|
| \`${runRequestedAnnotation}\` | the EtlSchedule | a new value, of up to ${maxRequestLength} bytes, starts one run at once, also while suspended; the same value never starts a second one |
| \`${allowRefusedRunAnnotation}\` | the EtlSchedule | a new value, of up to ${maxRequestLength} bytes, lets the next run pass the guard, once |
| \`${triggerAnnotation}\` | Jobs | \`request\` on those that were made for a request |
| \`${scheduleLabel}\` | all that was made for it | the name of the EtlSchedule |

Run now, and let one run past the guard:

\`\`\`sh
kubectl annotate etl orders --overwrite ${runRequestedAnnotation}="$(date -u +%FT%TZ)"
kubectl annotate etl orders --overwrite ${allowRefusedRunAnnotation}="$(date -u +%FT%TZ)"
\`\`\`

Deleting the EtlSchedule deletes its CronJob, Jobs and pods by their owner references, also while no controller runs.
What runs have written stays.

## Who may create one

Whoever may create or change an EtlSchedule can read the shop's database as the user of the Secret: \`source.query\` is
SQL, and its rows become what visitors see. They may also name any Secret of the namespace as the source, and so have its
value used as an address. Give the right to those who may see the data anyway, and give Vitrine a user that
[can only read what is copied](etl.md#what-a-run-reads). A query is held to one statement in a read-only transaction with
a time limit; [what that does not hold back](etl.md#a-query-of-your-own) is up to the rights of that user.
`
}

const examples = `The least that is needed:

\`\`\`yaml
apiVersion: v1
kind: Secret
metadata:
  name: shop-database
stringData:
  uri: postgresql://vitrine:password@postgres.shop.svc:5432/shop
---
apiVersion: ${apiVersion}
kind: EtlSchedule
metadata:
  name: orders
spec:
  pipeline: orders
  schedule: "*/15 * * * *"
  source:
    secretRef:
      name: shop-database
\`\`\`

A shop with tables of its own, a clock of its own, and a guard:

\`\`\`yaml
apiVersion: ${apiVersion}
kind: EtlSchedule
metadata:
  name: orders-nightly
spec:
  pipeline: orders
  schedule: "30 3 * * MON-SAT"
  timeZone: Europe/Berlin
  source:
    secretRef:
      name: shop-database
      key: uri
    query: |
      SELECT number AS orderid, sku AS productid, class AS categoryid, pieces AS quantity,
             customer AS userid, placed_at AS messagetime
      FROM sales WHERE state <> 'cancelled'
  window: 180d
  fullEvery: 7d
  guard:
    minRows: 1000
    maxDropPercent: 30
  startingDeadlineSeconds: 3600
  resources:
    requests: { cpu: 100m, memory: 256Mi }
    limits: { memory: 512Mi }
\`\`\`
`
