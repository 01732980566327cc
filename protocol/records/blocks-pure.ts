/** Decoders of raw LZ4 and Snappy blocks in JavaScript: the twins of the WebAssembly ones, see `blocks.ts`. */

/** Results for a malformed block, and for one whose output does not fit. */
export const malformed = -1
export const overflow = -2

/** Copies bytes from `offset` before; where they overlap, they repeat. */
function copyBack(b: Uint8Array, to: number, offset: number, length: number): void {
  if (offset >= length && length > 32) {
    b.copyWithin(to, to - offset, to - offset + length)
    return
  }
  for (const end = to + length; to < end; to++) b[to] = b[to - offset]
}

function copyForward(b: Uint8Array, to: number, from: number, length: number): void {
  if (length > 32) {
    b.copyWithin(to, from, from + length)
    return
  }
  for (const end = to + length; to < end; ) b[to++] = b[from++]
}

/** Decodes an LZ4 block within `b`; returns where the output ends, or `malformed` or `overflow`. */
export function pureLz4(b: Uint8Array, source: number, sourceEnd: number, target: number, targetEnd: number): number {
  const base = target
  for (;;) {
    if (source >= sourceEnd) return malformed
    const token = b[source++]
    let length = token >>> 4
    if (length === 15) {
      for (let byte = 255; byte === 255; length += byte) {
        if (source >= sourceEnd) return malformed
        byte = b[source++]
      }
    }
    if (length > sourceEnd - source) return malformed
    if (length > targetEnd - target) return overflow
    copyForward(b, target, source, length)
    source += length
    target += length
    if (source === sourceEnd) return target
    if (sourceEnd - source < 2) return malformed
    const offset = b[source] | (b[source + 1] << 8)
    source += 2
    if (offset === 0 || offset > target - base) return malformed
    length = token & 15
    if (length === 15) {
      for (let byte = 255; byte === 255; length += byte) {
        if (source >= sourceEnd) return malformed
        byte = b[source++]
      }
    }
    length += 4
    if (length > targetEnd - target) return overflow
    copyBack(b, target, offset, length)
    target += length
  }
}

/** Decodes a Snappy block, without the size that it begins with, within `b`; returns the same as `pureLz4`. */
export function pureSnappy(
  b: Uint8Array,
  source: number,
  sourceEnd: number,
  target: number,
  targetEnd: number,
): number {
  const base = target
  while (source < sourceEnd) {
    const tag = b[source++]
    const kind = tag & 3
    let length = tag >>> 2
    if (kind === 0) {
      if (length > 59) {
        const bytes = length - 59
        if (bytes > sourceEnd - source) return malformed
        length = 0
        for (let at = bytes - 1; at >= 0; at--) length = length * 256 + b[source + at]
        source += bytes
      }
      length++
      if (length > sourceEnd - source) return malformed
      if (length > targetEnd - target) return overflow
      copyForward(b, target, source, length)
      source += length
    } else {
      const bytes = kind === 3 ? 4 : kind
      if (bytes > sourceEnd - source) return malformed
      let offset = kind === 1 ? tag >>> 5 : 0
      if (kind === 1) {
        offset = (offset << 8) | b[source]
        length = (length & 7) + 4
      } else {
        for (let at = bytes - 1; at >= 0; at--) offset = offset * 256 + b[source + at]
        length++
      }
      source += bytes
      if (offset === 0 || offset > target - base) return malformed
      if (length > targetEnd - target) return overflow
      copyBack(b, target, offset, length)
    }
    target += length
  }
  return target
}
