import { engineSettings, opsSettings, processSettings, serverSettings } from '../shared/engines-settings.ts'
import { settings } from '../shared/settings.ts'
import { z } from 'zod'

export const intakeSettings = z.object({
  VITRINE_IGNORED_USERS: settings
    .list()
    .default([])
    .describe('User ids whose views are refused, separated by commas, such as a shop\'s "guest"'),
  VITRINE_MAX_VIEWS_PER_USER_PER_DAY: settings
    .integer(1, 10_000_000)
    .default(5_000)
    .describe('Views of one user and day beyond this are refused as too-many-views'),
})

export const ingestorSettings = z.object({
  ...processSettings.shape,
  ...serverSettings.shape,
  ...opsSettings.shape,
  ...engineSettings.shape,
  ...intakeSettings.shape,
})
