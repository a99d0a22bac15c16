import pg from 'pg'
import type { CustomTypesConfig } from 'pg'

/** A `bigint` column as a number where that is exact (times in ms, counts, offsets), else as a BigInt: no digit is lost. */
function parseInt8(text: string): number | bigint {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

/** How columns are read: int8 see above, timestamptz and date as `Date`, numeric as text, the rest as pg does. */
export const types: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? parseInt8
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}
