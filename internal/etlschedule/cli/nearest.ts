/** Those of `names` that somebody who wrote `name` may have meant, the nearest first, at most three. */
export function nearest(name: string, names: readonly string[]): string[] {
  return names
    .map(other => ({ other, edits: edits(name, other) }))
    .filter(({ other, edits }) => edits <= Math.max(2, name.length / 3) || other.startsWith(name))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ other }) => other)
}

/** Levenshtein's distance: how many characters to insert, delete or replace. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [line, character] of Array.from(from).entries()) {
    const below = [line + 1]
    for (const [column, other] of Array.from(to).entries()) {
      const replaced = Number(row[column]) + Number(character !== other)
      below.push(Math.min(replaced, Number(row[column + 1]) + 1, Number(below[column]) + 1))
    }
    row = below
  }
  return row.at(-1) as number
}
