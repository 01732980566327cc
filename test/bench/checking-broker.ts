/**
 * What a broker has to do besides reading and writing, and no more: the floor under Kafka's own producer (see floor-broker-node.ts) with this broker's
 * frames, its checks of the records and its one write at the end of the turn, after which it answers by heart. It has no protocol, no log and no
 * state. As it is made of this broker's parts, it says what those cost, not what better ones might.
 */
import { ftruncateSync, mkdtempSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Wire, WireReceiver } from '../../lib/network/network.ts'
import { FrameReader } from '../../lib/server/frame-reader.ts'
import { type Slab, Slabs } from '../../lib/server/slabs.ts'
import { defaultLogConfig } from '../../storage/config.ts'
import { validateClientRecords } from '../../storage/validate.ts'
import { writeInPieces } from './floor-file.ts'
import { ReadyAnswers, serve } from './ready-answers.ts'

const sizeBytes = 4
const produceKey = 0
const bounds = { frameBytesMin: 8, frameBytesMax: 100 * 1024 * 1024 }

const directory = mkdtempSync(join(tmpdir(), 'checking-broker-'))
const file = openSync(join(directory, 'written'), 'w')
const slabs = new Slabs()
const answers = new ReadyAnswers()
let writtenBytes = 0

/** A produce that is to be written, and then answered. */
interface Due {
  readonly wire: Wire
  readonly records: Buffer
  readonly answer: Buffer
  readonly slab: Slab | null
}

let due: Due[] = []

function endTurn(): void {
  const turn = due
  due = []
  for (const { records } of turn) writtenBytes = writeInPieces(file, records, writtenBytes)
  for (const { wire, answer, slab } of turn) {
    wire.write(answer)
    if (slab) slabs.release(slab)
  }
}

/**
 * The records of a produce of version 12, between two positions: the floor speaks no other. What is before them is stepped over: the header (client
 * id and tags), no transactional id, acks, timeout, one topic, one partition; what follows are three empty sets of tags.
 */
function recordsOf(frame: Buffer, start: number, end: number): Buffer {
  const clientIdAt = start + 8
  const topicsAt = clientIdAt + 2 + Math.max(0, frame.readInt16BE(clientIdAt)) + 1 + 1 + 2 + 4
  const nameAt = topicsAt + 1
  let at = nameAt + frame[nameAt]! + 1 + 4
  while (frame[at]! & 0x80) at++
  return frame.subarray(at + 1, end - 3)
}

class Checking implements WireReceiver {
  readonly #wire: Wire
  readonly #reader = new FrameReader(bounds, slabs)

  constructor(wire: Wire) {
    this.#wire = wire
  }

  ended(): void {
    this.#wire.destroy()
  }

  /** The end of a run: its memory is free, as with a broker that deletes the topic. */
  closed(): void {
    this.#reader.release()
    ftruncateSync(file)
    writtenBytes = 0
  }

  target(): Buffer {
    return this.#reader.target(false)
  }

  filled(bytes: number): boolean {
    this.#reader.filled(bytes)
    return this.#pump()
  }

  push(bytes: Buffer): boolean {
    this.#reader.push(bytes)
    return this.#pump()
  }

  #pump(): boolean {
    const reader = this.#reader
    while (reader.next()) {
      const { buffer, frameStart, frameEnd, slab } = reader
      reader.consume()
      const answer = answers.to(buffer, frameStart - sizeBytes)
      if (buffer.readInt16BE(frameStart) === produceKey) {
        const sent = recordsOf(buffer, frameStart, frameEnd)
        const records = validateClientRecords(sent, defaultLogConfig, Date.now())
        if (slab) slabs.retain(slab)
        if (due.length === 0) setImmediate(endTurn)
        due.push({ wire: this.#wire, records, answer, slab })
      } else this.#wire.write(answer)
    }
    reader.makeRoom()
    return true
  }
}

await serve(answers, directory, wire => new Checking(wire))
