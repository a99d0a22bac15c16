import type { WrongValues } from './every-chart.ts'

/** Values of charts/vitrine that are wrong, and what the refusal must name. */
export const wrongValues: WrongValues = [
  ['a value that there is not', { replicas: 3 }, ['replicas']],
  [
    'one that is mistyped, deep inside',
    { api: { autoscalling: { enabled: true } } },
    ['/api', 'autoscalling'],
  ],
  ['an engine that there is not', { eventLog: { engine: 'rabbitmq' } }, ['/eventLog/engine', 'kafka']],
  ['a store that there is not', { store: { engine: 'mysql' } }, ['/store/engine', 'cassandra']],
  ['text for a number', { api: { replicas: 'three' } }, ['/api/replicas', 'integer']],
  ['no replicas at all', { ingestor: { replicas: 0 } }, ['/ingestor/replicas', 'minimum']],
  ['the tag latest', { image: { tag: 'latest' } }, ['/image/tag']],
  ['a digest that is none', { image: { digest: 'sha256:abc' } }, ['/image/digest', 'pattern']],
  ['a way to ask that there is not', { auth: { mode: 'password' } }, ['/auth/mode', 'keys']],
  ['a broker without a port', { eventLog: { kafka: { brokers: ['kafka'] } } }, ['/eventLog/kafka/brokers/0']],
  [
    'a broker as a URL',
    { eventLog: { kafka: { brokers: ['http://kafka:9092'] } } },
    ['/eventLog/kafka/brokers/0'],
  ],
  ['a span of time without a unit', { store: { historyTtl: '90' } }, ['/store/historyTtl', 'pattern']],
  ['a level of logs that there is not', { logLevel: 'loud' }, ['/logLevel', 'info']],
  ['a share above one', { tracing: { sampleRatio: 7 } }, ['/tracing/sampleRatio', 'maximum']],
  [
    'an endpoint of traces that is no URL',
    { tracing: { endpoint: 'collector:4318' } },
    ['/tracing/endpoint'],
  ],
  ['more loaders than partitions', { loader: { replicas: 9 } }, ['loader.replicas', 'eventLog.partitions']],
  [
    'fewer at most than at least',
    { api: { autoscaling: { enabled: true, minReplicas: 9 } } },
    ['api.autoscaling.minReplicas', 'maxReplicas'],
  ],
  ['an Ingress without a host', { ingress: { enabled: true } }, ['ingress.host']],
  [
    'a user without a password',
    { eventLog: { kafka: { brokers: ['a:1'], username: 'shop' } } },
    ['eventLog.kafka.passwordSecret.name'],
  ],
  [
    'a login to a Kafka that is not given',
    { eventLog: { kafka: { username: 'shop' } } },
    ['eventLog.kafka.brokers'],
  ],
  [
    'a login to a Cassandra that is not given',
    { store: { cassandra: { loginSecret: { name: 'a' } } } },
    ['store.cassandra.hosts'],
  ],
  ['no Kafka at all', { data: { name: '' } }, ['eventLog.kafka.brokers', 'data.name']],
  [
    'no PostgreSQL for keys',
    {
      data: { name: '' },
      eventLog: { kafka: { brokers: ['a:1'] } },
      store: { cassandra: { hosts: ['b:2'] } },
    },
    ['postgres.urlSecret.name', 'auth.mode'],
  ],
  ['a CA of no PostgreSQL', { postgres: { caSecret: { name: 'a' } } }, ['postgres.urlSecret.name']],
  [
    'an EtlSchedule of no pipeline',
    { etl: { schedules: { mine: { schedule: '0 4 * * *' } } } },
    ['etl.schedules.mine.pipeline'],
  ],
  [
    'an EtlSchedule without a schedule',
    { etl: { schedules: { mine: { pipeline: 'orders' } } } },
    ['etl.schedules.mine.schedule'],
  ],
  [
    'an EtlSchedule whose name is too long for a CronJob',
    { etl: { schedules: { ['x'.repeat(53)]: { pipeline: 'orders', schedule: '0 4 * * *' } } } },
    ['52'],
  ],
  ['a name that is too long', { fullnameOverride: 'x'.repeat(41) }, ['/fullnameOverride']],
  ['a name that Kubernetes would refuse', { fullnameOverride: 'My_Shop' }, ['/fullnameOverride', 'pattern']],
  [
    'runbooks whose names would run together',
    { monitoring: { rules: { enabled: true, runbooks: 'https://wiki.example' } } },
    ['monitoring.rules.runbooks'],
  ],
]
