import { engineSettings, opsSettings, processSettings, serverSettings } from '../shared/engines-settings.ts'
import { z } from 'zod'

export const apiSettings = z.object({
  ...processSettings.shape,
  ...serverSettings.shape,
  ...opsSettings.shape,
  ...engineSettings.shape,
})
