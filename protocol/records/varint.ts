/**
 * Zigzag variable-length integers as records of magic 2 have them: seven bits a byte, low bits first. Values are numbers: a
 * 64-bit one beyond 2^53 is rounded.
 */

import { codes, KafkaError } from '../errors.ts'

/** Bytes that a varint takes for `value` (int32, or int64 as a number). */
export function varintBytes(value: number): number {
  const size = value < 0 ? -1 - value : value
  if (size < 0x40) return 1
  if (size < 0x2000) return 2
  if (size < 0x100000) return 3
  let bytes = 4
  for (let rest = size / 0x8000000; rest >= 1; rest /= 128) bytes++
  return bytes
}

/** Writes `value` at `at`; returns the position behind it. */
export function writeVarint(b: Uint8Array, at: number, value: number): number {
  // The sign bit is set separately: doubling a number near 2^53 would lose it.
  const sign = value < 0 ? 1 : 0
  let rest = sign === 1 ? -1 - value : value
  if (rest < 0x40000000) {
    let raw = (rest << 1) | sign
    while (raw >= 128) {
      b[at++] = raw | 0x80
      raw >>= 7
    }
    b[at] = raw
    return at + 1
  }
  b[at++] = ((rest % 64) << 1) | sign | 0x80
  for (rest = Math.floor(rest / 64); rest >= 128; rest = Math.floor(rest / 128)) b[at++] = (rest % 128) | 0x80
  b[at] = rest
  return at + 1
}

/** For a varint that is truncated or has too many bytes. */
export function badVarint(at: number): KafkaError {
  return new KafkaError(
    codes.INVALID_RECORD,
    `no whole variable-length number is at byte ${at} of the records; check the producer's encoder`,
  )
}

/** A cursor that reads varints from a buffer; `at` advances, and never beyond `end`. */
export class VarintCursor {
  b: Uint8Array
  at: number
  end: number

  constructor(b: Uint8Array, at: number, end: number) {
    this.b = b
    this.at = at
    this.end = end
  }

  /** An int32 in 1 to 5 bytes. */
  int32(): number {
    const { b, end } = this
    let at = this.at
    let raw = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) break
      const byte = b[at++]
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.at = at
        return (raw >>> 1) ^ -(raw & 1)
      }
    }
    throw badVarint(this.at)
  }

  /** An int64 in 1 to 10 bytes, as the nearest number. */
  int64(): number {
    const { b, end } = this
    let at = this.at
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) break
      const byte = b[at++]
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) {
        this.at = at
        const sign = -(low & 1)
        return ((high >>> 1) ^ sign) * 4294967296 + ((((low >>> 1) | (high << 31)) ^ sign) >>> 0)
      }
    }
    throw badVarint(this.at)
  }
}
