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
    .describe(
      'So many different views of one user and day are taken; those beyond a tenth more are refused as too-many-views',
    ),
})

export const ingestorSettings = z.object({
  ...processSettings.shape,
  ...serverSettings.shape,
  ...opsSettings.shape,
  ...engineSettings.shape,
  ...intakeSettings.shape,
})
