import { runContainer } from '../objects/run-template.ts'
import type { ContainerStatus, Job, ObjectCondition, Pod, Terminated } from '../objects/kubernetes.ts'

/** Why a run ended or does not start, as Kubernetes tells it, in words with a way out; `null` where this is not it. */
type Explanation = (pod: Pod) => string | null

/** Why a pod has not begun its work; `null` for one that has, or is on its way. */
export function whyNotStarted(pod: Pod): string | null {
  return firstOf(hindrances, pod)
}

/** Why a pod ended that left no report; `null` for one that has not ended, or ended well. */
export function whyEnded(pod: Pod): string | null {
  return firstOf(deaths, pod)
}

/** Why Kubernetes gave a Job up; `null` for one that it did not. */
export function whyGivenUp({ spec, status }: Job): string | null {
  const failed = status?.conditions?.find(({ type, status: holds }) => type === 'Failed' && holds === 'True')
  if (!failed) return null
  const { reason = '', message } = failed
  switch (reason) {
    case 'DeadlineExceeded':
      return `it was ended after ${spec.activeDeadlineSeconds} s, the longest that it may take; raise spec.activeDeadlineSeconds if it needs more`
    case 'BackoffLimitExceeded':
      return `all ${(spec.backoffLimit ?? 0) + 1} tries failed (spec.backoffLimit), and their pods are gone`
    case 'PodFailurePolicy':
      return 'it ended as one that another try does not help, and its pod is gone'
    default:
      return `Kubernetes gave it up: ${told(reason, message)}`
  }
}

/** Whether Kubernetes ended the Job since it took too long. */
export function isTooLong({ status }: Job): boolean {
  return (
    status?.conditions?.some(({ type, reason }) => type === 'Failed' && reason === 'DeadlineExceeded') ??
    false
  )
}

const hindrances: readonly Explanation[] = [
  waitingFor(
    ['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable'],
    (pod, said) =>
      `its image ${imageOf(pod)} can't be pulled (${whyNotPulled(said)}); check that it exists, and the imagePullSecrets`,
  ),
  waitingFor(
    ['InvalidImageName'],
    pod => `its image ${imageOf(pod)} is no image's name; correct it in the defaults of runs`,
  ),
  waitingFor(
    ['ErrImageNeverPull'],
    pod => `its image ${imageOf(pod)} is not on the node, and imagePullPolicy Never forbids to pull it`,
  ),
  waitingFor(
    ['CreateContainerConfigError'],
    (_, said) =>
      `its container can't be set up (${said}); it starts once the Secret or ConfigMap has what is missing`,
  ),
  waitingFor(
    ['CreateContainerError', 'RunContainerError'],
    (_, said) => `its container can't be started (${said}); check the image and the command of runs`,
  ),
  pod => {
    const unplaced = conditionOf(pod, 'PodScheduled', 'False')
    if (unplaced?.reason !== 'Unschedulable') return null
    return `no node takes its pod (${unplaced.message ?? 'Unschedulable'}); ask for less in spec.resources, or add nodes`
  },
  pod => {
    const unplaced = conditionOf(pod, 'PodScheduled', 'False')
    if (unplaced?.reason !== 'SchedulingGated') return null
    return `its pod is held back by a scheduling gate; whoever set it must lift it`
  },
]

/** Those of the pod come before those of its container, which tell only of a signal then. */
const deaths: readonly Explanation[] = [
  disrupted('PreemptionByScheduler', 'its pod had to make room for one of a higher priority'),
  disrupted('DeletionByTaintManager', 'its node was lost, or stopped taking pods'),
  disrupted('DeletionByPodGC', 'its node was lost'),
  disrupted('EvictionByEvictionAPI', 'its pod was moved off its node, as when a node is drained'),
  ({ status }) =>
    status?.reason === 'Evicted'
      ? `its pod was evicted (${status.message ?? 'the node was short of something'}); ask for what it needs in spec.resources.requests`
      : null,
  ({ status }) =>
    status?.reason === 'Terminated' || status?.reason === 'NodeShutdown' ? 'its node was shut down' : null,
  ({ status }) => (status?.reason === 'NodeLost' ? 'its node was lost' : null),
  ({ status }) =>
    status?.reason === 'DeadlineExceeded' ? 'its pod took longer than its activeDeadlineSeconds' : null,
  ({ status }) =>
    status?.reason === 'UnexpectedAdmissionError' ||
    status?.reason === 'NodeAffinity' ||
    status?.reason?.startsWith('OutOf')
      ? `its node refused its pod (${told(status.reason, status.message)}); another try may find another node`
      : null,
  disrupted('TerminationByKubelet', 'its node ended its pod'),
  terminated(({ reason }) => reason === 'OOMKilled', outOfMemory),
  terminated(({ message = '' }) => /heap out of memory|Zone Allocation failed/i.test(message), outOfMemory),
  terminated(
    ({ reason }) => reason === 'StartError' || reason === 'ContainerCannotRun',
    (_, { message }) =>
      `its container could not be started (${oneLine(message ?? 'no reason given')}); check the image and the command of runs`,
  ),
  terminated(
    ({ reason }) => reason === 'ContainerStatusUnknown',
    () => 'its node lost sight of it, as when the node fails or is started anew',
  ),
  terminated(
    ({ exitCode, signal }) => exitCode === 137 || signal === 9,
    (_, end) => `it was killed (exit code 137)${lastWords(end)}`,
  ),
  terminated(
    ({ exitCode, signal }) => exitCode === 143 || signal === 15,
    (_, end) => `it was told to stop before it had ended (exit code 143)${lastWords(end)}`,
  ),
  terminated(
    ({ exitCode }) => exitCode !== 0,
    (_, end) => `it ended with exit code ${end.exitCode}${lastWords(end)}`,
  ),
  ({ status }) =>
    status?.phase === 'Failed' ? `its pod failed: ${told(status.reason, status.message)}` : null,
]

function firstOf(explanations: readonly Explanation[], pod: Pod): string | null {
  for (const explain of explanations) {
    const words = explain(pod)
    if (words !== null) return words
  }
  return null
}

function waitingFor(reasons: readonly string[], say: (pod: Pod, said: string) => string): Explanation {
  return pod => {
    const waiting = containerOf(pod)?.state?.waiting
    if (waiting?.reason === undefined || !reasons.includes(waiting.reason)) return null
    return say(pod, oneLine(told(waiting.reason, waiting.message)))
  }
}

/** The same while it is pulled and between two tries, which take turns. */
function whyNotPulled(said: string): string {
  return said.replace(/^ImagePullBackOff: (?:Back-off pulling image "[^"]*": )?/, '')
}

function disrupted(reason: string, words: string): Explanation {
  return pod => (conditionOf(pod, 'DisruptionTarget', 'True')?.reason === reason ? words : null)
}

function terminated(
  applies: (end: Terminated) => boolean,
  say: (pod: Pod, end: Terminated) => string,
): Explanation {
  return pod => {
    const end = containerOf(pod)?.state?.terminated
    return end && applies(end) ? say(pod, end) : null
  }
}

function outOfMemory({ spec }: Pod): string {
  const limit = spec?.containers.find(({ name }) => name === runContainer)?.resources?.limits?.['memory']
  return limit === undefined
    ? 'it was killed for want of memory on its node; set spec.resources.requests.memory'
    : `it needed more memory than its limit of ${limit}; raise spec.resources.limits.memory`
}

export function containerOf({ status }: Pod): ContainerStatus | undefined {
  return status?.containerStatuses?.find(({ name }) => name === runContainer)
}

function imageOf({ spec }: Pod): string {
  return spec?.containers.find(({ name }) => name === runContainer)?.image ?? ''
}

function conditionOf({ status }: Pod, type: string, holds: string): ObjectCondition | undefined {
  return status?.conditions?.find(condition => condition.type === type && condition.status === holds)
}

/** The end of a log: of JSON lines, what the last one says. */
function lastWords({ message = '' }: Terminated): string {
  const line = message.trim().split('\n').at(-1)?.trim()
  if (line === undefined || line === '') return ' and said nothing'
  return `; its last words: ${messageOf(line)}`
}

function messageOf(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: unknown; err?: { message?: unknown } }
    return [msg, err?.message].filter(part => typeof part === 'string').join(': ') || line
  } catch {
    return line
  }
}

function told(reason = 'no reason given', message = ''): string {
  return message === '' ? reason : `${reason}: ${message}`
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
