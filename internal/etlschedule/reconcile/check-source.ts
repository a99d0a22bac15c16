import type { Step } from './pass.ts'

/** Looks whether the Secret has the key that runs read the shop's address from. The CronJob is made all the same. */
export const checkSource: Step = async ({ schedule, signal, found }, { secrets }) => {
  const { name, key } = schedule.spec.source.secretRef
  found.source = await secrets.look(name, key, signal)
}
