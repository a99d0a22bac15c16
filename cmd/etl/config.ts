import { engineSettings, processSettings } from '../shared/engines-settings.ts'
import { etlSettings } from '../shared/etl-settings.ts'
import { z } from 'zod'

export const etlProcessSettings = z.object({
  ...processSettings.shape,
  ...engineSettings.shape,
  ...etlSettings.shape,
})
