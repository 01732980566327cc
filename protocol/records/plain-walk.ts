/**
 * The fast walk over records in the form that producers nearly always send: varints of at most three bytes, no headers, offsets 0, 1, 2 …
 *
 * Every record of every produced batch is walked over, so each varint is read by one load of four bytes. The code for that is repeated
 * inline: a function would have to return a number and its length packed into one, which costs half as much again (14 instead of 10 ns
 * for a record of five varints; byte by byte 18).
 */

import type { Section, Walk } from './section.ts'

/** The memory of the last call: successive batches mostly lie in the same one. */
let viewed: DataView = new DataView(new ArrayBuffer(0))

function viewOf(memory: ArrayBufferLike): DataView {
  if (viewed.buffer !== memory) viewed = new DataView(memory)
  return viewed
}

/** The value of a two-byte varint, still zigzag encoded. */
const ofTwo = (word: number): number => (word & 0x7f) | ((word >>> 1) & 0x3f80)
const ofThree = (word: number): number => ofTwo(word) | ((word >>> 2) & 0x1fc000)

/** The zigzag encoding of -1, the length of null. */
const nullLength = 1
/** Bytes of the shortest record: its length field, and a body of `bodyBytesMin`. */
const recordBytesMin = 7
const bodyBytesMin = 6
/** The least number of bytes of a record from the length of its key on, and from the length of its value on. */
const fromKeyBytesMin = 3
const fromValueBytesMin = 2

/** Loads the fewer than four bytes at the end of the memory. */
function wordAtEnd(view: DataView, at: number): number {
  let word = 0
  for (let i = view.byteLength - 1; i >= at; i--) word = (word << 8) | view.getUint8(i)
  return word
}

/** Returns null for records of another form, and for damaged ones: the general walk in record.ts handles both. */
export function walkPlain({ b, start, end, count, baseTimestamp, logAppendTime }: Section): Walk | null {
  const view = viewOf(b.buffer)
  const last = b.byteOffset + end
  const lastWord = view.byteLength - 4
  if (count === 0) return null
  let at = b.byteOffset + start
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  let greatestIndex = -1
  let nullKeyDelta = -1
  for (let index = 0; index < count; index++) {
    if (at > last - recordBytesMin) return null
    let number = 0
    let word = view.getInt32(at, true)
    if ((word & 0x80) === 0) {
      number = word & 0x7f
      at += 1
    } else if ((word & 0x8000) === 0) {
      number = ofTwo(word)
      at += 2
    } else if ((word & 0x800000) === 0) {
      number = ofThree(word)
      at += 3
    } else return null
    const recordEnd = at + (number >>> 1)
    if ((number & 1) === 1 || number >>> 1 < bodyBytesMin || recordEnd > last) return null

    // The timestamp delta, after the attributes.
    word = view.getInt32(at + 1, true)
    let delta = 0
    if ((word & 0x80) === 0) {
      delta = word & 0x7f
      at += 2
    } else if ((word & 0x8000) === 0) {
      delta = ofTwo(word)
      at += 3
    } else if ((word & 0x800000) === 0) {
      delta = ofThree(word)
      at += 4
    } else return null

    word = at > lastWord ? wordAtEnd(view, at) : view.getInt32(at, true)
    if ((word & 0x80) === 0) {
      number = word & 0x7f
      at += 1
    } else if ((word & 0x8000) === 0) {
      number = ofTwo(word)
      at += 2
    } else if ((word & 0x800000) === 0) {
      number = ofThree(word)
      at += 3
    } else return null
    if (number !== index << 1 || at > recordEnd - fromKeyBytesMin) return null

    word = at > lastWord ? wordAtEnd(view, at) : view.getInt32(at, true)
    if ((word & 0x80) === 0) {
      number = word & 0x7f
      at += 1
    } else if ((word & 0x8000) === 0) {
      number = ofTwo(word)
      at += 2
    } else if ((word & 0x800000) === 0) {
      number = ofThree(word)
      at += 3
    } else return null
    if ((number & 1) === 0) at += number >>> 1
    else if (number !== nullLength) return null
    else if (nullKeyDelta < 0) nullKeyDelta = index
    if (at > recordEnd - fromValueBytesMin) return null

    word = at > lastWord ? wordAtEnd(view, at) : view.getInt32(at, true)
    if ((word & 0x80) === 0) {
      number = word & 0x7f
      at += 1
    } else if ((word & 0x8000) === 0) {
      number = ofTwo(word)
      at += 2
    } else if ((word & 0x800000) === 0) {
      number = ofThree(word)
      at += 3
    } else return null
    if ((number & 1) === 0) at += number >>> 1
    else if (number !== nullLength) return null

    // No headers.
    if (at !== recordEnd - 1 || view.getUint8(at) !== 0) return null
    at = recordEnd
    const milliseconds = (delta >>> 1) ^ -(delta & 1)
    if (milliseconds < least) least = milliseconds
    if (milliseconds > greatest) {
      greatest = milliseconds
      greatestIndex = index
    }
  }
  if (at !== last) return null
  return {
    recordCount: count,
    minTimestamp: logAppendTime ?? baseTimestamp + least,
    maxTimestamp: logAppendTime ?? baseTimestamp + greatest,
    maxTimestampDelta: logAppendTime === null ? greatestIndex : 0,
    nullKeyDelta,
    recordBytes: end - start,
  }
}
