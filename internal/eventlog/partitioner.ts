/**
 * The partition of a key, as Kafka's own clients choose it (murmur2 of the key's UTF-8 bytes), so that every
 * adapter, and a shop that produces by itself, puts one user's records into one partition.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions
}

/** Spreads records without a key evenly, starting anywhere. */
export function createRoundRobin(start = Math.floor(Math.random() * 1024)): (partitions: number) => number {
  let turn = start
  return partitions => turn++ % partitions
}

const multiplier = 0x5bd1e995

function murmur2(bytes: Buffer): number {
  let hash = 0x9747b28c ^ bytes.length
  const whole = bytes.length & ~3
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), multiplier)
    word = Math.imul(word ^ (word >>> 24), multiplier)
    hash = Math.imul(hash, multiplier) ^ word
  }
  if (bytes.length > whole) hash = Math.imul(hash ^ tail(bytes, whole), multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

function tail(bytes: Buffer, from: number): number {
  let word = 0
  for (let at = bytes.length - 1; at >= from; at--) word = (word << 8) | (bytes[at] as number)
  return word
}
