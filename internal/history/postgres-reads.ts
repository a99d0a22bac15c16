/**
 * What reads of a history see: rows that are neither past their time ($2) nor covered by a deletion. Deletions are
 * looked at here rather than when a view is written, so that a view and a deletion at the same moment need no lock.
 */
const remembered = `
FROM productviews.user_history h
LEFT JOIN productviews.user_history_deletions one ON one.userid = h.userid AND one.productid = h.productid
LEFT JOIN productviews.user_history_deletions whole ON whole.userid = h.userid AND whole.productid = ''
WHERE h.userid = $1
  AND h.messagetime > $2
  AND (one.deletedat IS NULL OR h.messagetime > one.deletedat)
  AND (whole.deletedat IS NULL OR h.messagetime > whole.deletedat)`

/** $1 user, $2 oldest time, $3 read cap, $4 and $5 time and product after which the page begins, $6 limit. */
export const latestSql = `
WITH counted AS MATERIALIZED (
  SELECT h.productid, h.messagetime, h.source, row_number() OVER (ORDER BY h.productid) AS place
  ${remembered}
  ORDER BY h.productid
  LIMIT $3::bigint + 1
), page AS (
  SELECT productid, messagetime, source
  FROM counted
  WHERE place <= $3
    AND (messagetime < $4 OR (messagetime = $4 AND productid > $5))
  ORDER BY messagetime DESC, productid
  LIMIT $6
)
SELECT every.truncated, page.productid, page.messagetime, page.source
FROM (SELECT count(*) > $3 AS truncated FROM counted) every
LEFT JOIN page ON true
ORDER BY page.messagetime DESC, page.productid`

/** $1 user, $2 oldest time, $3 product or null for all. */
export const newestSql = `
SELECT max(h.messagetime) AS newest
${remembered}
  AND ($3::text IS NULL OR h.productid = $3)`

/** $1 user, $2 oldest time, $3 newest time, $4 product after which the batch begins, $5 limit. */
export const takeableSql = `
SELECT h.productid, h.messagetime, h.source
${remembered}
  AND h.messagetime <= $3
  AND h.productid > $4
ORDER BY h.productid
LIMIT $5`

/** $1 user, $2 first day of the month, $3 oldest time, $4 limit. */
export const viewsOfMonthSql = `
SELECT messageid, productid, source, messagetime
FROM productviews.product_views
WHERE userid = $1
  AND messagetime >= $2::timestamp AT TIME ZONE 'UTC'
  AND messagetime < ($2::timestamp + interval '1 month') AT TIME ZONE 'UTC'
  AND messagetime > $3
ORDER BY messagetime DESC, messageid
LIMIT $4`
