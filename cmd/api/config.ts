import { z } from 'zod'
import { engineSettings, opsSettings, processSettings, serverSettings } from '../shared/engines-settings.ts'
import { settings } from '../shared/settings.ts'

/** What the views in memory may cost. */
export const indexSettings = z.object({
  VITRINE_INDEX_VIEWS: settings
    .integer(1_000, 100_000_000)
    .default(2_000_000)
    .describe('So many of the newest views are kept in memory, some 50 bytes each'),
  VITRINE_INDEX_SESSIONS_PER_PRODUCT: settings
    .integer(10, 100_000)
    .default(1_000)
    .describe(
      'So many of the newest sessions with a product can be found; an answer looks through 500 at most',
    ),
  VITRINE_INDEX_WARM_LIMIT: settings
    .duration()
    .default(2 * 60_000)
    .describe(
      'After so long the api is ready though it has not read all views; answers say warming till then',
    ),
})

export const apiSettings = z.object({
  ...processSettings.shape,
  ...serverSettings.shape,
  ...opsSettings.shape,
  ...engineSettings.shape,
  ...indexSettings.shape,
})
