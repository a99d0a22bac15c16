const multipliers: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

const quantityPattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/

/** Reads a Kubernetes quantity ("500m", "1.5Gi", "2", "1e3") as a number; `null` for anything else. */
export function parseQuantity(quantity: string | number): number | null {
  const match = quantityPattern.exec(String(quantity))
  if (!match) return null
  const [, digits, suffix = '', exponent = '0'] = match
  return Number(digits) * (multipliers[suffix] as number) * 10 ** Number(exponent)
}
