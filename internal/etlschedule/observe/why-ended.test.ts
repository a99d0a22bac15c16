import { expect } from 'chai'
import { endedPod, failedBy, jobOf, outOfTime, outOfTries, podOf } from './test-support.ts'
import { whyEnded, whyGivenUp, whyNotStarted } from './why-ended.ts'
import type { ObjectCondition, Terminated } from '../objects/kubernetes.ts'
import type { PodChange } from './test-support.ts'

const job = jobOf('orders-1')

const waiting = (reason: string, message?: string): PodChange => ({
  status: { phase: 'Pending' },
  state: { waiting: { reason, ...(message !== undefined && { message }) } },
})
const unscheduled = (reason: string, message: string): PodChange => ({
  status: { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason, message }] },
})

/** Why, the pod, and what must be said. */
const hindrances: readonly (readonly [string, PodChange, ...string[]])[] = [
  [
    'an image that is not there',
    waiting('ErrImagePull', 'failed to resolve reference "docker.io/nowhere/none:1": not found'),
    'registry.example/vitrine:1',
    'not found',
    'imagePullSecrets',
  ],
  [
    'a name that no image can have',
    waiting('InvalidImageName', "couldn't parse image name"),
    "no image's name",
    'defaults of runs',
  ],
  ['an image that must not be pulled', waiting('ErrImageNeverPull'), 'imagePullPolicy Never'],
  [
    'a missing Secret',
    waiting('CreateContainerConfigError', 'secret "shop" not found'),
    'secret "shop" not found',
    'starts once',
  ],
  [
    'a missing key',
    waiting('CreateContainerConfigError', "couldn't find key uri in Secret vitrine/shop"),
    'key uri in Secret vitrine/shop',
  ],
  ['a container that fails to start', waiting('CreateContainerError', 'no space left'), 'no space left'],
  [
    'no room',
    unscheduled('Unschedulable', '0/1 nodes are available: 1 Insufficient cpu.'),
    'Insufficient cpu',
    'spec.resources',
  ],
  ['a gate', unscheduled('SchedulingGated', 'Scheduling is blocked'), 'gate'],
]

const disrupted = (reason: string, message: string): PodChange => {
  const condition: ObjectCondition = { type: 'DisruptionTarget', status: 'True', reason, message }
  return { status: { phase: 'Failed', conditions: [condition] } }
}
const podFailed = (reason: string, message: string): PodChange => ({
  status: { phase: 'Failed', reason, message },
})

/** Why, how the container ended, the rest of the pod, and what must be said. */
const deaths: readonly (readonly [string, Partial<Terminated> | null, PodChange, ...string[]])[] = [
  [
    'too little memory',
    { exitCode: 137, reason: 'OOMKilled' },
    { memory: '512Mi' },
    'limit of 512Mi',
    'raise spec.resources.limits.memory',
  ],
  [
    'too little memory on the node',
    { exitCode: 137, reason: 'OOMKilled' },
    {},
    'want of memory on its node',
    'spec.resources.requests.memory',
  ],
  [
    'too small a heap',
    {
      exitCode: 134,
      message: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
    },
    { memory: '64Mi' },
    'limit of 64Mi',
  ],
  [
    'an eviction',
    { exitCode: 137 },
    podFailed('Evicted', 'The node was low on resource: memory.'),
    'low on resource: memory',
    'spec.resources.requests',
  ],
  [
    'a pod of a higher priority',
    { exitCode: 143 },
    disrupted('PreemptionByScheduler', 'default-scheduler: preempting to accommodate a higher priority pod'),
    'higher priority',
  ],
  [
    'a drained node',
    { exitCode: 143 },
    disrupted('EvictionByEvictionAPI', 'Eviction API: evicting'),
    'drained',
  ],
  [
    'a node that is not ready',
    null,
    disrupted('DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'),
    'its node was lost',
  ],
  [
    'a node that is gone',
    null,
    disrupted('DeletionByPodGC', 'PodGC: node no longer exists'),
    'its node was lost',
  ],
  [
    'a node that shuts down',
    { exitCode: 143 },
    podFailed('Terminated', 'Pod was terminated in response to imminent node shutdown.'),
    'node was shut down',
  ],
  [
    'a lost node',
    null,
    podFailed('NodeLost', 'Node x which was running pod y is unresponsive'),
    'its node was lost',
  ],
  [
    'a node without room after all',
    null,
    podFailed('OutOfcpu', 'Node did not have enough resource: cpu'),
    'refused its pod',
    'enough resource: cpu',
  ],
  [
    'a node that ends its pod',
    { exitCode: 137 },
    disrupted('TerminationByKubelet', 'The node was low on resource'),
    'its node ended its pod',
  ],
  [
    'a command that is not there',
    { exitCode: 128, reason: 'StartError', message: 'exec: "nosuch": executable file not found in $PATH' },
    {},
    '"nosuch"',
    'command of runs',
  ],
  [
    'a node that was started anew',
    {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was terminated',
    },
    {},
    'lost sight',
  ],
  ['a kill', { exitCode: 137 }, {}, 'killed (exit code 137)', 'said nothing'],
  ['a request to stop', { exitCode: 143, message: 'half done\n' }, {}, 'told to stop', 'half done'],
  [
    'a crash',
    { exitCode: 3, message: 'starting\n{"level":60,"msg":"uncaught","err":{"message":"boom"}}\n' },
    {},
    'exit code 3',
    'its last words: uncaught: boom',
  ],
  [
    "a pod's own deadline",
    null,
    podFailed('DeadlineExceeded', 'Pod was active on the node longer than the specified deadline'),
    'activeDeadlineSeconds',
  ],
  ['anything else', null, podFailed('Odd', 'never seen'), 'Odd: never seen'],
]

describe('why a run does not start', () => {
  for (const [why, change, ...words] of hindrances) {
    it(`is told: ${why}`, () => {
      const said = whyNotStarted(podOf(job, change))
      for (const word of words) expect(said).to.include(word)
    })
  }

  it('is told in the same words while an image is pulled and between two tries', () => {
    const problem = 'failed to pull and unpack image "docker.io/nowhere/none:1": not found'
    const pulling = whyNotStarted(podOf(job, waiting('ErrImagePull', problem)))
    const between = whyNotStarted(
      podOf(
        job,
        waiting('ImagePullBackOff', `Back-off pulling image "nowhere/none:1": ErrImagePull: ${problem}`),
      ),
    )
    expect(between).to.equal(pulling)
  })

  it('is nothing while the pod is on its way, or at work', () => {
    expect(whyNotStarted(podOf(job, waiting('ContainerCreating')))).to.equal(null)
    expect(whyNotStarted(podOf(job, { status: { phase: 'Running' }, state: { running: {} } }))).to.equal(null)
    expect(whyNotStarted(podOf(job))).to.equal(null)
  })
})

describe('why a run died without a report', () => {
  for (const [why, end, change, ...words] of deaths) {
    it(`is told: ${why}`, () => {
      const said = whyEnded(end ? endedPod(job, end, change) : podOf(job, change))
      for (const word of words) expect(said).to.include(word)
    })
  }

  it('is nothing of one that goes on, or ended well', () => {
    expect(whyEnded(podOf(job, { status: { phase: 'Running' }, state: { running: {} } }))).to.equal(null)
    expect(whyEnded(endedPod(job, { exitCode: 0, reason: 'Completed' }))).to.equal(null)
  })

  it('is told of its Job where no pod is left to tell', () => {
    expect(whyGivenUp(jobOf('a', outOfTime)))
      .to.include('60 s')
      .and.include('spec.activeDeadlineSeconds')
    expect(whyGivenUp(jobOf('a', outOfTries)))
      .to.include('all 3 tries')
      .and.include('spec.backoffLimit')
    expect(whyGivenUp(jobOf('a', failedBy('PodFailurePolicy')))).to.include('another try does not help')
    expect(whyGivenUp(jobOf('a', failedBy('Odd', 'never seen')))).to.include('Odd: never seen')
    expect(whyGivenUp(jobOf('a'))).to.equal(null)
  })
})
