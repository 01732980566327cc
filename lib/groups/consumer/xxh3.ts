/**
 * XXH3 with 64 bits and without a seed: the hash by which Apache Kafka notices changes of topics, and which it keeps with a group. For
 * input of four bytes and more, which is all that is hashed here. Numbers of 64 bits are bigints; where there is much of it, halves.
 */

/** The default secret: numbers of 64 bits, each with its lowest byte first. */
const secretWords = [
  0xbe4ba423396cfeb8n,
  0x1cad21f72c81017cn,
  0xdb979083e96dd4den,
  0x1f67b3b7a4a44072n,
  0x78e5c0cc4ee679cbn,
  0x2172ffcc7dd05a82n,
  0x8e2443f7744608b8n,
  0x4c263a81e69035e0n,
  0xcb00c391bb52283cn,
  0xa32e531b8b65d088n,
  0x4ef90da297486471n,
  0xd8acdea946ef1938n,
  0x3f349ce33f76faa8n,
  0x1d4f0bc7c7bbdcf9n,
  0x3159b4cd4be0518an,
  0x647378d9c97e9fc8n,
  0xc3ebd33483acc5ean,
  0xeb6313faffa081c5n,
  0x49daf0b751dd0d17n,
  0x9e68d429265516d3n,
  0xfca1477d58be162bn,
  0xce31d07ad1b8f88fn,
  0x280416958f3acb45n,
  0x7e404bbbcafbd7afn,
] as const
const secret = Buffer.alloc(8 * secretWords.length)
for (const [i, word] of secretWords.entries()) secret.writeBigUInt64LE(word, 8 * i)

const [prime32a, prime32b, prime32c] = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn]
const [prime64a, prime64b, prime64c] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n]
const [prime64d, prime64e] = [0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n]
const [primeOfMix, primeOfShort] = [0x165667919e3779f9n, 0x9fb21c651e98df25n]

const stripeBytes = 64
/** Stripes until the sums are stirred: the secret moves on by eight bytes with each. */
const stripesPerBlock = (secret.length - stripeBytes) / 8

/** As a signed number. */
export function xxh3(input: Buffer): bigint {
  return BigInt.asIntN(64, hashed(input))
}

function hashed(input: Buffer): bigint {
  const { length } = input
  if (length <= 8) return upTo8(input)
  if (length <= 16) return upTo16(input)
  if (length <= 128) return upTo128(input)
  return length <= 240 ? upTo240(input) : long(input)
}

const wrap = (value: bigint) => BigInt.asUintN(64, value)
const at = (from: Buffer, offset: number) => from.readBigUInt64LE(offset)

function upTo8(input: Buffer): bigint {
  const [first, last] = [BigInt(input.readUInt32LE(0)), BigInt(input.readUInt32LE(input.length - 4))]
  let hash = (last + (first << 32n)) ^ at(secret, 8) ^ at(secret, 16)
  hash ^= rotated(hash, 49n) ^ rotated(hash, 24n)
  hash = wrap(hash * primeOfShort)
  hash ^= (hash >> 35n) + BigInt(input.length)
  hash = wrap(hash * primeOfShort)
  return hash ^ (hash >> 28n)
}

function upTo16(input: Buffer): bigint {
  const low = at(input, 0) ^ at(secret, 24) ^ at(secret, 32)
  const high = at(input, input.length - 8) ^ at(secret, 40) ^ at(secret, 48)
  return avalanche(BigInt(input.length) + swapped(low) + high + folded(low, high))
}

function upTo128(input: Buffer): bigint {
  const { length } = input
  let sum = BigInt(length) * prime64a
  // Pairs from both ends to the middle.
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    sum += mixed(input, 16 * i, 32 * i) + mixed(input, length - 16 * (i + 1), 32 * i + 16)
  }
  return avalanche(sum)
}

function upTo240(input: Buffer): bigint {
  const { length } = input
  let sum = BigInt(length) * prime64a
  for (let i = 0; i < 8; i++) sum += mixed(input, 16 * i, 16 * i)
  sum = avalanche(sum)
  for (let i = 8; i < length >> 4; i++) sum += mixed(input, 16 * i, 16 * (i - 8) + 3)
  return avalanche(sum + mixed(input, length - 16, 136 - 17))
}

function long(input: Buffer): bigint {
  const { length } = input
  const sums = new Sums()
  const stripes = Math.floor((length - 1) / stripeBytes)
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % stripesPerBlock
    sums.add(input, stripe * stripeBytes, 8 * inBlock)
    if (inBlock === stripesPerBlock - 1) sums.stir()
  }
  sums.add(input, length - stripeBytes, secret.length - stripeBytes - 7)
  const words = sums.words()
  let hash = BigInt(length) * prime64a
  for (let i = 0; i < 4; i++) {
    hash += folded(words[2 * i]! ^ at(secret, 11 + 16 * i), words[2 * i + 1]! ^ at(secret, 19 + 16 * i))
  }
  return avalanche(hash)
}

/** Eight sums of 64 bits, each in two halves. */
class Sums {
  readonly #low = new Uint32Array(8)
  readonly #high = new Uint32Array(8)

  constructor() {
    const begin = [prime32c, prime64a, prime64b, prime64c, prime64d, prime32b, prime64e, prime32a]
    for (const [i, word] of begin.entries()) {
      this.#low[i] = Number(word & 0xffff_ffffn)
      this.#high[i] = Number(word >> 32n)
    }
  }

  add(input: Buffer, offset: number, secretOffset: number): void {
    for (let i = 0; i < 8; i++) {
      const [low, high] = [uint32(input, offset + 8 * i), uint32(input, offset + 8 * i + 4)]
      this.#plus(i ^ 1, low, high)
      const a = (low ^ uint32(secret, secretOffset + 8 * i)) >>> 0
      const b = (high ^ uint32(secret, secretOffset + 8 * i + 4)) >>> 0
      this.#plus(i, Math.imul(a, b) >>> 0, upperOf(a, b))
    }
  }

  stir(): void {
    const prime = Number(prime32a)
    for (let i = 0; i < 8; i++) {
      const [low, high] = [this.#low[i]!, this.#high[i]!]
      // The upper 17 bits come down.
      const key = secret.length - stripeBytes + 8 * i
      const a = (low ^ (high >>> 15) ^ uint32(secret, key)) >>> 0
      const b = (high ^ uint32(secret, key + 4)) >>> 0
      this.#low[i] = Math.imul(a, prime)
      this.#high[i] = upperOf(a, prime) + Math.imul(b, prime)
    }
  }

  words(): bigint[] {
    return Array.from(this.#low, (low, i) => (BigInt(this.#high[i]!) << 32n) + BigInt(low))
  }

  #plus(i: number, low: number, high: number): void {
    const sum = this.#low[i]! + low
    this.#low[i] = sum
    this.#high[i] = this.#high[i]! + high + (sum > 0xffff_ffff ? 1 : 0)
  }
}

/** By its bytes: this is all the work there is where a topic has thousands of partitions. */
function uint32(from: Buffer, offset: number): number {
  return (from[offset]! | (from[offset + 1]! << 8) | (from[offset + 2]! << 16) | (from[offset + 3]! << 24)) >>> 0
}

/** The upper 32 bits of a product of two numbers of 32 bits: a double's is off by far less than half of them. */
function upperOf(a: number, b: number): number {
  return Math.round((a * b - (Math.imul(a, b) >>> 0)) / 0x1_0000_0000)
}

/** Both halves of a product of 128 bits in one. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b
  return wrap(product) ^ (product >> 64n)
}

function mixed(input: Buffer, offset: number, secretOffset: number): bigint {
  return folded(at(input, offset) ^ at(secret, secretOffset), at(input, offset + 8) ^ at(secret, secretOffset + 8))
}

function rotated(value: bigint, by: bigint): bigint {
  return wrap(value << by) | (value >> (64n - by))
}

function swapped(value: bigint): bigint {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.readBigUInt64BE()
}

function avalanche(value: bigint): bigint {
  let hash = wrap(value)
  hash = wrap((hash ^ (hash >> 37n)) * primeOfMix)
  return hash ^ (hash >> 32n)
}
