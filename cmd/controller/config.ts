import { opsSettings, processSettings } from '../shared/engines-settings.ts'
import { settings } from '../shared/settings.ts'
import { z } from 'zod'

export const controllerSettings = z.object({
  ...processSettings.shape,
  ...opsSettings.shape,
  KUBECONFIG: settings
    .text()
    .optional()
    .describe("Path of a kubeconfig; the service account's in a pod, else `~/.kube/config`"),
  VITRINE_NAMESPACE: settings
    .text()
    .optional()
    .describe("The one namespace whose EtlSchedules it looks after; the pod's, or the kubeconfig context's"),
  VITRINE_RUN_DEFAULTS: settings
    .text()
    .describe('YAML or JSON file with what all runs of the install share; at least `image: …`'),
  VITRINE_LEASE: settings
    .text()
    .default('vitrine-controller')
    .describe('Name of the Lease by which one controller of several works'),
  VITRINE_CONTROLLER_CONCURRENCY: settings
    .integer(1, 64)
    .default(4)
    .describe('EtlSchedules that are looked at at once'),
})
