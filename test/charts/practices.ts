import type { Part, Rendered } from './render.ts'

/**
 * What linters of Kubernetes objects ask for, by the names that kube-linter, Polaris and the NSA's guide (by kubescape's numbers) give
 * it, as rules over a whole rendering. Each gives who breaks it.
 */
export interface Practice {
  readonly name: string
  readonly broken: (objects: Objects) => string[]
}

/** A rendering, with its pods looked up once. */
export interface Objects {
  readonly all: readonly Rendered[]
  readonly pods: readonly Pod[]
  readonly containers: readonly Container[]
}

interface Pod {
  readonly of: Rendered
  /** Kind and name of what makes it. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Part
}

interface Container {
  readonly name: string
  readonly pod: Pod
  readonly spec: Part
}

/** Looks up the pods of a rendering. */
export function objectsWithPods(all: readonly Rendered[]): Objects {
  const pods = all.flatMap(of => {
    const template =
      of.kind === 'Pod' ? of : (of['spec']?.template ?? of['spec']?.jobTemplate?.spec?.template)
    if (template?.spec?.containers === undefined) return []
    return [{ of, name: nameOf(of), labels: template.metadata?.labels ?? {}, spec: template.spec }]
  })
  const containers = pods.flatMap(pod =>
    [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(spec => ({
      name: `${pod.name}, ${spec.name}`,
      pod,
      spec,
    })),
  )
  return { all, pods, containers }
}

export const nameOf = ({ kind, metadata }: Rendered) => `${kind}/${metadata.name}`

const pods = (name: string, good: (pod: Pod, objects: Objects) => unknown): Practice => ({
  name,
  broken: objects => objects.pods.filter(pod => !good(pod, objects)).map(pod => pod.name),
})

const containers = (name: string, good: (spec: Container['spec'], pod: Pod) => unknown): Practice => ({
  name,
  broken: objects =>
    objects.containers.filter(({ spec, pod }) => !good(spec, pod)).map(container => container.name),
})

const kinds = (
  name: string,
  kind: string | readonly string[],
  good: (object: Rendered, objects: Objects) => unknown,
): Practice => ({
  name,
  broken: objects =>
    objects.all.filter(object => [kind].flat().includes(object.kind) && !good(object, objects)).map(nameOf),
})

/** Deployments and the like: what must serve, and be replaced without a gap. */
const served = (name: string, good: (object: Rendered, objects: Objects) => unknown) =>
  kinds(name, ['Deployment', 'StatefulSet', 'DaemonSet'], good)

const isServed = ({ of }: Pod) => of.kind === 'Deployment'

const selects = (selector: Readonly<Record<string, string>> | undefined, { labels }: Pod) =>
  selector !== undefined && Object.entries(selector).every(([key, value]) => labels[key] === value)

const found = (objects: Objects, kind: string, name: string) =>
  objects.all.some(object => object.kind === kind && object.metadata.name === name)

const portIsDeclared = (spec: Container['spec'], probe: Part) =>
  probe === undefined ||
  spec.ports?.some(({ name, containerPort }: Part) => [name, containerPort].includes(probe.httpGet?.port))

const envOf = (spec: Container['spec']): Part[] => spec.env ?? []

const rulesOf = (object: Rendered): Part[] => object['rules'] ?? []

const noHostPath = ({ spec }: Pod) => !spec.volumes?.some(({ hostPath }: { hostPath?: unknown }) => hostPath)

const policiesOf = (pod: Pod, { all }: Objects) =>
  all.filter(({ kind, spec }) => kind === 'NetworkPolicy' && selects(spec.podSelector.matchLabels, pod))

export const practices: readonly Practice[] = [
  // kube-linter
  kinds('dangling-service', 'Service', ({ spec }, { pods }) => pods.some(pod => selects(spec.selector, pod))),
  pods('deprecated-service-account-field', ({ spec }) => spec.serviceAccount === undefined),
  pods('docker-sock', noHostPath),
  containers('drop-net-raw-capability', spec => spec.securityContext?.capabilities?.drop?.includes('ALL')),
  containers(
    'duplicate-env-var',
    spec => new Set(envOf(spec).map(({ name }) => name)).size === envOf(spec).length,
  ),
  containers('env-var-secret', spec =>
    envOf(spec).every(({ name, value }) => value === undefined || !/secret|password$|key$|token/i.test(name)),
  ),
  pods('host-ipc', ({ spec }) => !spec.hostIPC),
  pods('host-network', ({ spec }) => !spec.hostNetwork),
  pods('host-pid', ({ spec }) => !spec.hostPID),
  kinds('invalid-target-ports', 'Service', ({ spec }, { pods }) =>
    spec.ports.every(({ targetPort }: { targetPort: string }) =>
      pods.some(
        pod =>
          selects(spec.selector, pod) &&
          pod.spec.containers.some((one: Container['spec']) =>
            one.ports?.some(({ name }: { name: string }) => name === targetPort),
          ),
      ),
    ),
  ),
  kinds('job-ttl-seconds-after-finished', 'Job', ({ spec }) => spec.ttlSecondsAfterFinished > 0),
  containers('latest-tag', ({ image }) => /(@sha256:[0-9a-f]{64}|:(?!latest$)[\w.-]+)$/.test(image)),
  containers('liveness-port', spec => portIsDeclared(spec, spec.livenessProbe)),
  served('mismatching-selector', ({ spec }) =>
    Object.entries(spec.selector.matchLabels).every(
      ([key, value]) => spec.template.metadata.labels[key] === value,
    ),
  ),
  served('no-anti-affinity', ({ spec }) => spec.template.spec.affinity?.podAntiAffinity),
  kinds(
    'no-extensions-v1beta',
    ['Deployment', 'Ingress', 'NetworkPolicy'],
    ({ apiVersion }) => !apiVersion.includes('beta'),
  ),
  containers('no-read-only-root-fs', spec => spec.securityContext?.readOnlyRootFilesystem),
  pods('non-existent-service-account', ({ spec }, objects) =>
    found(objects, 'ServiceAccount', spec.serviceAccountName),
  ),
  kinds('pdb-max-unavailable', 'PodDisruptionBudget', ({ spec }) => spec.maxUnavailable !== 0),
  kinds('pdb-min-available', 'PodDisruptionBudget', ({ spec }) => spec.minAvailable === undefined),
  kinds(
    'pdb-unhealthy-pod-eviction-policy',
    'PodDisruptionBudget',
    ({ spec }) => spec.unhealthyPodEvictionPolicy === 'AlwaysAllow',
  ),
  containers(
    'privilege-escalation-container',
    spec => spec.securityContext?.allowPrivilegeEscalation === false,
  ),
  containers('privileged-container', spec => !spec.securityContext?.privileged),
  containers('readiness-port', spec => portIsDeclared(spec, spec.readinessProbe)),
  containers(
    'run-as-non-root',
    spec => spec.securityContext?.runAsNonRoot && spec.securityContext.runAsUser > 10_000,
  ),
  pods('sensitive-host-mounts', noHostPath),
  containers(
    'ssh-port',
    spec => !spec.ports?.some(({ containerPort }: { containerPort: number }) => containerPort === 22),
  ),
  containers('startup-port', spec => portIsDeclared(spec, spec.startupProbe)),
  pods('unsafe-sysctls', ({ spec }) => spec.securityContext?.sysctls === undefined),
  containers('unset-cpu-requirements', spec => spec.resources?.requests?.cpu),
  containers(
    'unset-memory-requirements',
    spec => spec.resources?.requests?.memory && spec.resources.limits?.memory,
  ),
  kinds('access-to-secrets', ['Role', 'ClusterRole'], object =>
    rulesOf(object).every(
      ({ resources, resourceNames, verbs }) =>
        !resources.includes('secrets') || resourceNames?.length > 0 || verbs.join() === 'create',
    ),
  ),
  kinds(
    'wildcard-in-rules',
    ['Role', 'ClusterRole'],
    object => !JSON.stringify(rulesOf(object)).includes('*'),
  ),
  kinds('dangling-horizontalpodautoscaler', 'HorizontalPodAutoscaler', ({ spec }, objects) =>
    found(objects, spec.scaleTargetRef.kind, spec.scaleTargetRef.name),
  ),
  kinds('dangling-ingress', 'Ingress', ({ spec }, objects) =>
    spec.rules.every(({ http }: Part) =>
      http.paths.every(({ backend }: Part) => found(objects, 'Service', backend.service.name)),
    ),
  ),
  kinds(
    'dangling-networkpolicy',
    'NetworkPolicy',
    // Runs of the ETL are made by the controller, of no template here.
    ({ spec }, { pods }) =>
      spec.podSelector.matchLabels['app.kubernetes.io/component'] === 'etl' ||
      pods.some(pod => selects(spec.podSelector.matchLabels, pod)),
  ),
  kinds('dangling-servicemonitor', ['ServiceMonitor', 'PodMonitor'], ({ kind, spec }, { all }) =>
    all.some(
      other =>
        other.kind === (kind === 'PodMonitor' ? 'Pod' : 'Service') &&
        Object.entries(spec.selector.matchLabels).every(
          ([key, value]) => other.metadata.labels?.[key] === value,
        ),
    ),
  ),
  pods(
    'default-service-account',
    ({ spec }) => spec.serviceAccountName && spec.serviceAccountName !== 'default',
  ),
  containers('no-liveness-probe', (spec, pod) => !isServed(pod) || spec.livenessProbe),
  containers('no-readiness-probe', (spec, pod) => !isServed(pod) || spec.readinessProbe),
  pods('non-isolated-pod', (pod, objects) => policiesOf(pod, objects).length > 0),
  served('no-rolling-update-strategy', ({ spec }) => spec.strategy?.rollingUpdate?.maxUnavailable === 0),
  containers('read-secret-from-env-var', spec =>
    envOf(spec).every(({ valueFrom }) => valueFrom?.secretKeyRef === undefined),
  ),
  // Polaris
  pods('automountServiceAccountToken', ({ spec }) => spec.automountServiceAccountToken === false),
  served('missingPodDisruptionBudget', ({ spec }, { all }) =>
    all.some(
      other =>
        other.kind === 'PodDisruptionBudget' &&
        JSON.stringify(other['spec'].selector) === JSON.stringify(spec.selector),
    ),
  ),
  served('pdbDisruptionsIsZero', (object, { all }) =>
    all.every(
      other =>
        other.kind !== 'PodDisruptionBudget' ||
        JSON.stringify(other['spec'].selector) !== JSON.stringify(object['spec'].selector) ||
        other['spec'].maxUnavailable > 0,
    ),
  ),
  served('topologySpreadConstraint', ({ spec }) => spec.template.spec.topologySpreadConstraints?.length > 0),
  pods('priorityClassNotSet', ({ spec }) => spec.priorityClassName),
  kinds(
    'sensitiveContainerEnvVar',
    'ConfigMap',
    ({ data }) =>
      !/password:|BEGIN [A-Z ]*PRIVATE KEY|postgres(ql)?:\/\/[^\s:]+:[^\s@]+@/i.test(JSON.stringify(data)),
  ),
  kinds('tlsSettingsMissing', 'Ingress', ({ spec }) => spec.tls?.length > 0),
  served(
    'metadataAndInstanceMismatched',
    ({ metadata, spec }) =>
      metadata.labels?.['app.kubernetes.io/instance'] ===
      spec.template.metadata.labels['app.kubernetes.io/instance'],
  ),
  kinds(
    'rolePodExecAttach',
    ['Role', 'ClusterRole'],
    object => !JSON.stringify(rulesOf(object)).match(/pods\/(exec|attach)/),
  ),
  // The NSA's guide, by kubescape
  pods(
    'C-0012 credentials in configuration',
    ({ spec }) => !/postgres(ql)?:\/\/[^\s:"]+:[^\s@"]+@/.test(JSON.stringify(spec)),
  ),
  containers('C-0013 non-root', spec => spec.securityContext?.runAsNonRoot),
  containers('C-0016 escalation', spec => spec.securityContext?.allowPrivilegeEscalation === false),
  containers('C-0017 immutable file system', spec => spec.securityContext?.readOnlyRootFilesystem),
  pods('C-0030 ingress and egress blocked', (pod, objects) =>
    policiesOf(pod, objects).some(
      ({ spec }) => spec.policyTypes.includes('Ingress') && spec.policyTypes.includes('Egress'),
    ),
  ),
  kinds(
    'C-0034 automatic mapping of service account',
    'ServiceAccount',
    ({ automountServiceAccountToken }) => automountServiceAccountToken === false,
  ),
  kinds(
    'C-0035 administrative roles',
    ['RoleBinding', 'ClusterRoleBinding'],
    ({ roleRef }) => !/admin|edit/.test(roleRef.name),
  ),
  pods('C-0038, C-0041 host namespaces', ({ spec }) => !spec.hostPID && !spec.hostIPC && !spec.hostNetwork),
  containers(
    'C-0044 host port',
    spec => !spec.ports?.some(({ hostPort }: { hostPort?: number }) => hostPort),
  ),
  containers('C-0046 capabilities', spec => spec.securityContext?.capabilities?.add === undefined),
  containers(
    'C-0055 Linux hardening',
    spec => spec.securityContext?.seccompProfile?.type === 'RuntimeDefault',
  ),
  containers('C-0057 privileged', spec => !spec.securityContext?.privileged),
  containers('C-0270 CPU limit', spec => spec.resources?.limits?.cpu),
  containers('C-0271 memory limit', spec => spec.resources?.limits?.memory),
]
