/** A list of so many is what counts as found. */
const listLength = 20
/** Learned and first weights are compared over the last so many lessons, from when half as many are in. */
const window = 10_000

/** How well weights foresee the next view, over the last lessons. */
export interface Foresight {
  /** Share of lessons whose product stood among the first 20. */
  readonly hitRate: number
  /** Mean of 1/place, 0 beyond the first 20. */
  readonly reciprocalRank: number
}

/**
 * Compares learned weights with the first ones on the very lessons that teach, each before it was learned from. The
 * learned ones are the champion unless they are worse over the last 10,000 lessons.
 */
export interface Champion {
  /** Places count from 1; 0 when the product was not among the candidates. */
  note(learnedPlace: number, firstPlace: number): void
  /** The verdict; that of before as long as fewer than 5,000 lessons are in. */
  readonly learnedWins: boolean
  readonly learned: Foresight
  readonly first: Foresight
  /** Lessons that are compared, at most 10,000. */
  readonly lessons: number
}

/** `before` is the verdict that stands until there are lessons enough for one of its own. */
export function createChampion(before = true): Champion {
  const learned = createPlaces()
  const first = createPlaces()
  return {
    note(learnedPlace, firstPlace) {
      learned.note(learnedPlace)
      first.note(firstPlace)
    },
    get learnedWins() {
      if (learned.count < window / 2) return before
      return learned.foresight().reciprocalRank >= first.foresight().reciprocalRank
    },
    get learned() {
      return learned.foresight()
    },
    get first() {
      return first.foresight()
    },
    get lessons() {
      return learned.count
    },
  }
}

/** The last {@link window} places; 0 stands for all beyond the first 20. */
function createPlaces() {
  const places = new Uint8Array(window)
  // Whole numbers, so that what comes and goes leaves no rounding behind.
  const lessonsAt = new Uint32Array(listLength + 1)
  let noted = 0
  const count = (place: number, change: 1 | -1) => {
    lessonsAt[place] = (lessonsAt[place] as number) + change
  }
  return {
    note(place: number): void {
      const at = noted % window
      const found = place > listLength ? 0 : place
      if (noted >= window) count(places[at] as number, -1)
      places[at] = found
      count(found, 1)
      noted++
    },
    get count() {
      return Math.min(noted, window)
    },
    foresight(): Foresight {
      let hits = 0
      let reciprocals = 0
      for (let place = 1; place <= listLength; place++) {
        const times = lessonsAt[place] as number
        hits += times
        reciprocals += times / place
      }
      const lessons = Math.max(1, Math.min(noted, window))
      return { hitRate: hits / lessons, reciprocalRank: reciprocals / lessons }
    },
  }
}
