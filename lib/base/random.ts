/** Randomness, as the broker is given it: from the system, or from a seed so that a run can be repeated. */
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Where identifiers, jitter and choices come from. */
export interface Random {
  /** A random id as Kafka prints topic and directory ids: 22 characters of url-safe base64, never beginning with '-'. */
  uuid(): string
  /** A random id in the form of RFC 9562 (8-4-4-4-12), as in member ids. */
  uuidV4(): string
  /** A whole number from 0 up to, not including, `max` (at most 2^53). */
  int(max: number): number
  /** A number from 0 up to, not including, 1. */
  next(): number
  /** So many random bytes. */
  bytes(count: number): Buffer
}

class ByteRandom implements Random {
  readonly bytes: (count: number) => Buffer

  constructor(bytes: (count: number) => Buffer) {
    this.bytes = bytes
  }

  #versionFour(): Buffer {
    const id = this.bytes(16)
    id[6] = (id[6]! & 0x0f) | 0x40
    id[8] = (id[8]! & 0x3f) | 0x80
    return id
  }

  uuid(): string {
    // A leading '-' reads as an option on a command line, so such an id is drawn again.
    for (;;) {
      const text = this.#versionFour().toString('base64url')
      if (!text.startsWith('-')) return text
    }
  }

  uuidV4(): string {
    const hex = this.#versionFour().toString('hex')
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  int(max: number): number {
    return Math.floor(this.next() * max)
  }

  next(): number {
    const b = this.bytes(8)
    return ((b.readUInt32LE(0) >>> 5) * 2 ** 26 + (b.readUInt32LE(4) >>> 6)) / 2 ** 53
  }
}

/** Unpredictable bytes from the operating system; node:crypto is loaded with the first of them, as it costs commands that need none 4 ms. */
export const systemRandom: Random = new ByteRandom(count => randomBytes()(count))

let loaded: ((count: number) => Buffer) | undefined

function randomBytes(): (count: number) => Buffer {
  loaded ??= (require('node:crypto') as typeof import('node:crypto')).randomBytes
  return loaded
}

/** So many ids as `uuid` gives, drawn at once: each call to the system costs more than an id. */
export function uuids(random: Random, count: number): string[] {
  const bytes = random.bytes(16 * count)
  const ids: string[] = []
  for (let at = 0; at < bytes.length; at += 16) {
    const id = bytes.subarray(at, at + 16)
    id[6] = (id[6]! & 0x0f) | 0x40
    id[8] = (id[8]! & 0x3f) | 0x80
    const text = id.toString('base64url')
    ids.push(text.startsWith('-') ? random.uuid() : text)
  }
  return ids
}

/** The same numbers every time for the same seed (a 32-bit integer); good for simulation, not for secrets. */
export function seededRandom(seed: number): Random {
  const word = splitMix32(seed)
  return new ByteRandom(count => {
    const bytes = Buffer.alloc(count)
    let at = 0
    for (; at + 4 <= count; at += 4) bytes.writeUInt32LE(word(), at)
    if (at < count) {
      for (let rest = word(); at < count; at++, rest >>>= 8) bytes[at] = rest & 0xff
    }
    return bytes
  })
}

/** A Weyl sequence through MurmurHash3's finaliser: every 32-bit state once per period. */
function splitMix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return (z ^ (z >>> 16)) >>> 0
  }
}
