/** A seeded source of numbers: the same seed and purpose give the same numbers on every machine. */
export interface Random {
  /** 32 random bits as an unsigned integer. */
  bits(): number
  /** From 0 up to but without 1. */
  unit(): number
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
}

/**
 * sfc32, the 32-bit generator of Chris Doty-Humphrey's PractRand (public domain). `purpose` keeps the numbers of one
 * part apart from another's, so that more products don't change who visits when.
 */
export function createRandom(seed: number, purpose: string): Random {
  let a = seed | 0
  let b = hash(purpose)
  let c = 0x9e3779b9 | 0
  let counter = 1

  function bits(): number {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  // The first numbers still show the seed.
  for (let round = 0; round < 15; round += 1) bits()

  const unit = () => bits() / 2 ** 32
  return {
    bits,
    unit,
    between: (least, most) => least + Math.floor(unit() * (most - least + 1)),
    chance: probability => unit() < probability,
    pick: list => list[Math.floor(unit() * list.length)] as (typeof list)[number],
  }
}

/** FNV-1a over UTF-16 units: spreads short names over 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value | 0
}

/** Draws an index with the given weights, which must be positive, in logarithmic time. */
export function createWeightedChoice(weights: readonly number[]): (random: Random) => number {
  const sums = new Float64Array(weights.length)
  let total = 0
  weights.forEach((weight, index) => {
    total += weight
    sums[index] = total
  })
  return random => {
    const wanted = random.unit() * total
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] as number) > wanted) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** Weights of a long tail: few of the first ranks have most of the whole. */
export function zipfWeights(count: number, exponent: number): number[] {
  return Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** exponent)
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A UUID of version 4 made of 122 of the source's bits. */
export function randomUuid(random: Random): string {
  const byte = (word: number, index: number) => hex[(word >>> (index * 8)) & 0xff] as string
  const a = random.bits()
  const b = (random.bits() & 0xff0fffff) | 0x00400000
  const c = (random.bits() & 0xffffff3f) | 0x00000080
  const d = random.bits()
  return (
    byte(a, 0) +
    byte(a, 1) +
    byte(a, 2) +
    byte(a, 3) +
    '-' +
    byte(b, 0) +
    byte(b, 1) +
    '-' +
    byte(b, 2) +
    byte(b, 3) +
    '-' +
    byte(c, 0) +
    byte(c, 1) +
    '-' +
    byte(c, 2) +
    byte(c, 3) +
    byte(d, 0) +
    byte(d, 1) +
    byte(d, 2) +
    byte(d, 3)
  )
}
