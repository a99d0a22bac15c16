import { calls, requests } from '../requests.ts'
import { dashboard, of, partOf, quantile, rate } from './parts.ts'

const allCalls = `sum by (job) (${rate(`${requests}_count`, calls)})`
const failedCalls = `sum by (job) (${rate(`${requests}_count`, `${calls},http_response_status_code=~"5.."`)})`

export const overview = () =>
  dashboard({
    name: 'overview',
    title: 'Overview',
    description:
      'Whether the shop is served: requests, failures and times of all services, and what is not ready.',
    rows: {
      'Is the shop served?': [
        {
          title: 'Requests',
          description: 'Requests a second by route, probes left out.',
          unit: 'reqps',
          lines: { '{{http_route}}': `sum by (http_route) (${rate(`${requests}_count`, calls)})` },
        },
        {
          title: 'Failures',
          description:
            'Share of requests that got a 5xx. One in a thousand is the budget that alerts count against.',
          unit: 'percentunit',
          lines: {
            '{{job}}': `(${partOf(allCalls, failedCalls)}) / ${allCalls}`,
          },
        },
        {
          title: 'Time of an answer, p99',
          description: 'One request in a hundred takes longer, by route.',
          unit: 's',
          lines: { '{{http_route}}': quantile(0.99, requests, ['http_route'], calls) },
        },
        {
          title: 'Not ready',
          description:
            'Processes of which a part can not do its work, by part; 0 is as it should be. Their /readyz says why, in words.',
          unit: 'short',
          lines: { '{{job}} {{part}}': `sum by (job, part) (1 - ${of('vitrine_ready')})` },
        },
      ],
      'What the processes need': [
        {
          title: 'CPU',
          description: 'Cores that each process uses. The work of one process is done by one core.',
          unit: 'short',
          lines: { '{{instance}}': rate('process_cpu_seconds_total') },
        },
        {
          title: 'Memory',
          description: 'Resident memory of each process.',
          unit: 'bytes',
          lines: { '{{instance}}': of('process_resident_memory_bytes') },
        },
        {
          title: 'Event loop, p99 lag',
          description: 'How late a process comes to what is due; above 100 ms answers are felt to be slow.',
          unit: 's',
          lines: { '{{instance}}': of('nodejs_eventloop_lag_p99_seconds') },
        },
        {
          title: 'Releases',
          description: 'How many processes of each kind run, by release.',
          unit: 'short',
          lines: { '{{service}} {{version}}': `count by (service, version) (${of('vitrine_build_info')})` },
        },
      ],
    },
  })
