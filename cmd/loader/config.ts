import { engineSettings, opsSettings, processSettings } from '../shared/engines-settings.ts'
import { settings } from '../shared/settings.ts'
import { z } from 'zod'

export const loadSettings = z.object({
  VITRINE_LOADER_BATCH: settings
    .integer(1, 10_000)
    .default(500)
    .describe('Records of one partition that are written together'),
  VITRINE_LOADER_CONCURRENCY: settings.integer(1, 256).default(4).describe('Partitions at work at once'),
})

export const loaderSettings = z.object({
  ...processSettings.shape,
  ...opsSettings.shape,
  ...engineSettings.shape,
  ...loadSettings.shape,
})
