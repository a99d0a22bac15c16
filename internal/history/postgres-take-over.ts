/** What reads of a guest's history call forgotten. $1 guest, $2 products, $3 their times; rows come in the order of products. */
export const keepTakenSql = `
INSERT INTO productviews.user_history_deletions AS old (userid, productid, deletedat)
SELECT $1, productid, takenat FROM unnest($2::text[], $3::timestamptz[]) AS taken (productid, takenat)
ON CONFLICT (userid, productid) DO UPDATE SET deletedat = excluded.deletedat
  WHERE excluded.deletedat > old.deletedat`

/** The same values. Locks in the order in which views are recorded. */
export const deleteTakenSql = `
DELETE FROM productviews.user_history history
USING (
  SELECT h.productid, taken.takenat
  FROM unnest($2::text[], $3::timestamptz[]) AS taken (productid, takenat)
  JOIN productviews.user_history h ON h.userid = $1 AND h.productid = taken.productid
  WHERE h.messagetime <= taken.takenat
  ORDER BY h.productid
  FOR UPDATE OF h
) gone
WHERE history.userid = $1
  AND history.productid = gone.productid
  AND history.messagetime <= gone.takenat`
