/** Puts a broker's bytes together into frames. */

/** A size that no answer has. */
export class FrameSizeError extends Error {
  override readonly name = 'FrameSizeError'
}

const sizeBytes = 4
/** An answer is at least a correlation id. */
const frameBytesMin = 4
const nothing: Buffer = Buffer.alloc(0)

/** Bytes come in as the socket cuts them; frames go out, as views that nobody writes to again. */
export class Frames {
  #room: Buffer = nothing
  #start = 0
  #end = 0

  /** The frames, without their sizes, that are whole with these bytes. */
  push(bytes: Buffer): Buffer[] {
    this.#append(bytes)
    const frames: Buffer[] = []
    while (this.#end - this.#start >= sizeBytes) {
      const size = this.#room.readInt32BE(this.#start)
      if (size < frameBytesMin) throw new FrameSizeError(`an answer of ${size} bytes`)
      const end = this.#start + sizeBytes + size
      if (end > this.#end) break
      frames.push(this.#room.subarray(this.#start + sizeBytes, end))
      this.#start = end
    }
    if (this.#start === this.#end) this.#room = nothing
    return frames
  }

  #append(bytes: Buffer): void {
    const unread = this.#end - this.#start
    if (unread === 0) {
      this.#room = bytes
      this.#start = 0
      this.#end = bytes.length
      return
    }
    if (this.#room.length - this.#end < bytes.length) {
      // Twice what there is, so that a long frame is copied twice at most.
      const room = Buffer.allocUnsafeSlow(2 * (unread + bytes.length))
      this.#room.copy(room, 0, this.#start, this.#end)
      this.#room = room
      this.#start = 0
      this.#end = unread
    }
    bytes.copy(this.#room, this.#end)
    this.#end += bytes.length
  }
}
