const form = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/**
 * Orders two releases by the precedence of Semantic Versioning 2.0.0: below zero where `a` is the older one, zero where
 * they are of one precedence. `null` where one of them is no version.
 */
export function compareReleases(a: string, b: string): number | null {
  const [first, second] = [form.exec(a), form.exec(b)]
  if (!first || !second) return null
  for (const part of [1, 2, 3]) {
    const difference = Number(first[part]) - Number(second[part])
    if (difference !== 0) return difference
  }
  return comparePreReleases(first[4], second[4])
}

/** A release comes after its pre-releases. */
function comparePreReleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const [first, second] = [a.split('.'), b.split('.')]
  for (const [index, identifier] of first.entries()) {
    const other = second[index]
    if (other === undefined) return 1
    const difference = compareIdentifiers(identifier, other)
    if (difference !== 0) return difference
  }
  return first.length - second.length
}

/** Numbers by value and before words, words by their characters. */
function compareIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  if (a === b) return 0
  return a < b ? -1 : 1
}
