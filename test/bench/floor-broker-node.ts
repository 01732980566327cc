/** The floor under Kafka's own clients in Node: what floor-broker.c is, with the same answers on standard input. */
import { ftruncateSync, mkdtempSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Wire, WireReceiver } from '../../lib/network/network.ts'
import { writeInPieces } from './floor-file.ts'
import { headBytes, ReadyAnswers, serve } from './ready-answers.ts'

const receiveBytes = 1024 * 1024

const directory = mkdtempSync(join(tmpdir(), 'floor-broker-'))
const incoming = Buffer.allocUnsafeSlow(receiveBytes)
const file = openSync(join(directory, 'written'), 'w')
const answers = new ReadyAnswers()
let writtenBytes = 0

class Through implements WireReceiver {
  readonly #wire: Wire
  readonly #head = Buffer.alloc(headBytes)
  #headGot = 0
  #left = 0

  constructor(wire: Wire) {
    this.#wire = wire
  }

  ended(): void {
    this.#wire.destroy()
  }

  /** The end of a run: its memory is free, as with a broker that deletes the topic. */
  closed(): void {
    ftruncateSync(file)
    writtenBytes = 0
  }

  target(): Buffer {
    return incoming
  }

  filled(length: number): boolean {
    return this.push(incoming.subarray(0, length))
  }

  push(bytes: Buffer): boolean {
    writtenBytes = writeInPieces(file, bytes, writtenBytes)
    const due: Buffer[] = []
    for (let at = 0; at < bytes.length; ) {
      if (this.#left > 0) {
        const step = Math.min(this.#left, bytes.length - at)
        this.#left -= step
        at += step
      } else {
        const step = Math.min(headBytes - this.#headGot, bytes.length - at)
        bytes.copy(this.#head, this.#headGot, at, at + step)
        this.#headGot += step
        at += step
        if (this.#headGot < headBytes) break
        this.#left = this.#head.readInt32BE(0) + 4 - headBytes
        this.#headGot = 0
      }
      if (this.#left === 0 && this.#headGot === 0) due.push(answers.to(this.#head, 0))
    }
    if (due.length > 0) this.#wire.write(due.length === 1 ? due[0]! : Buffer.concat(due))
    return true
  }
}

await serve(answers, directory, wire => new Through(wire))
