/** Tells a figure beside the test's name: tests wait for what must happen, and assert nothing of how fast. */
export function tell(figure: string): void {
  process.stdout.write(`    ${figure}\n`)
}

/** Tells how long something took since `began`, a `performance.now()`. */
export function tellSince(what: string, began: number): void {
  tell(`${what} after ${Math.round(performance.now() - began)} ms`)
}
