/** Which partition a record goes to by its key: Kafka's clients take MurmurHash2 of its bytes, so that equal keys meet whoever sends them. */

const [seed, multiplier, shift] = [0x9747b28c, 0x5bd1e995, 24]

/** MurmurHash2 in 32 bits, with the seed of Kafka's clients. */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let hash = seed ^ bytes.length
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) hash = Math.imul(hash, multiplier) ^ mixed(view.getInt32(at, true))
  const left = bytes.length - at
  for (let i = left - 1; i >= 0; i--) hash ^= bytes[at + i]! << (8 * i)
  if (left > 0) hash = Math.imul(hash, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

function mixed(word: number): number {
  const spread = Math.imul(word, multiplier)
  return Math.imul(spread ^ (spread >>> shift), multiplier)
}

/** The partition of a key among so many. */
export function partitionOfRecordKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}
