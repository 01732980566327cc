/** Sends the same produce requests again and again, a window of them under way at once. */
import { Queue } from '../../../lib/base/queue.ts'
import { encodeRequestFrame } from '../../../protocol/frame.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import type { Codec } from '../../../protocol/records/compression.ts'
import { crc32c } from '../../../protocol/records/crc32c.ts'
import { baseSequence, recordCount } from '../../../protocol/records/header.ts'
import type { Lane, Tally } from './lane.ts'
import type { Wire, WireListener } from './wire.ts'

/** Topics by name, and served by every broker of the last years. */
const version = 9
const clientId = 'replay'
/** Not sent at this version. */
const noTopicId = 'A'.repeat(22)

export interface ProduceShape {
  readonly topic: string
  /** The partitions that this connection writes to, in turn. */
  readonly partitions: readonly number[]
  /** Bytes of each record's value. */
  readonly recordBytes: number
  readonly recordsPerBatch: number
  readonly acks: -1 | 0 | 1
  readonly codec: Codec
  /** An id from InitProducerId, −1 for a producer that is not idempotent. */
  readonly producerId: number
  /** Requests under way at once. */
  readonly window: number
  /** Requests a second, Infinity for as many as go. */
  readonly rate: number
}

/** Text that compresses about as well as JSON of a service does: some words again and again, some numbers. */
function textOf(bytes: number, seed: number): Buffer {
  const value = Buffer.alloc(bytes)
  let state = seed + 1
  let at = 0
  while (at < bytes) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    at += value.write(`{"user":${state % 100_000},"event":"view","item":${(state >>> 8) % 10_000}},`, at, 'latin1')
  }
  return value
}

/** A request's frame, where its batch lies in it, and how much it holds. */
interface Template {
  readonly frame: Buffer
  readonly batchAt: number
  readonly batchBytes: number
}

function templateOf(shape: ProduceShape, partition: number): Template {
  const timestamp = performance.timeOrigin + performance.now()
  const batch = buildBatch({
    compression: shape.codec,
    producerId: shape.producerId,
    producerEpoch: shape.producerId < 0 ? -1 : 0,
    baseSequence: shape.producerId < 0 ? -1 : 0,
    records: Array.from({ length: shape.recordsPerBatch }, (_, index) => ({
      timestamp: Math.floor(timestamp),
      key: null,
      value: textOf(shape.recordBytes, index),
      headers: [],
    })),
  })
  const chunks = encodeRequestFrame(Produce, version, 1, clientId, {
    transactionalId: null,
    acks: shape.acks,
    timeoutMs: 30_000,
    topicData: [{ name: shape.topic, topicId: noTopicId, partitionData: [{ index: partition, records: batch }] }],
  })
  const frame = Buffer.concat(chunks)
  return { frame, batchAt: frame.indexOf(batch), batchBytes: batch.length }
}

/** Called with the partition and the time at which a batch was handed to the socket, in order. */
export type Sent = (partition: number, sentMs: number) => void

export class ProduceLane implements Lane, WireListener {
  readonly failed: Promise<never>
  readonly #wire: Wire
  readonly #shape: ProduceShape
  readonly #tally: Tally
  readonly #sent: Sent | null
  readonly #templates: readonly Template[]
  /** Frames to send in turn: one per partition, or, where each is patched before it is sent, as many as may be under way. */
  readonly #ring: Template[]
  /** Sequence number of the next batch of each partition. */
  readonly #sequences: number[]
  /** When each request under way was sent: a ring of `window`. */
  readonly #sentMs: Float64Array
  /** Where in an answer's frame the error code lies. */
  readonly #errorAt: number
  readonly #answer = Buffer.alloc(256)
  #answerBytes = 0
  #next = 0
  #answeredCount = 0
  #stopping = false
  #drained: (() => void) | null = null
  #fail: (error: Error) => void = () => {}
  #timer: NodeJS.Timeout | null = null
  #startedMs = 0
  /** With a rate: how many were due so far, and when those were that could not go yet. */
  #dueCount = 0
  readonly #dueMs = new Queue<number>()

  constructor(wire: Wire, shape: ProduceShape, tally: Tally, sent: Sent | null) {
    this.#wire = wire
    this.#shape = shape
    this.#tally = tally
    this.#sent = sent
    this.#templates = shape.partitions.map(partition => templateOf(shape, partition))
    this.#sequences = shape.partitions.map(() => 0)
    const count = this.#templates.length
    // The smallest multiple of the partitions that is not below the window, so that a place in the ring keeps its partition.
    const places = shape.producerId < 0 ? count : Math.ceil(shape.window / count) * count
    this.#ring = Array.from({ length: places }, (_, index) => {
      const template = this.#templates[index % count]
      return index < count ? template : { ...template, frame: Buffer.from(template.frame) }
    })
    this.#sentMs = new Float64Array(shape.window)
    // Correlation id, tags, one topic: its name, one partition: its index.
    this.#errorAt = 4 + 1 + 1 + 1 + Buffer.byteLength(shape.topic) + 1 + 4
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
    wire.listen(this)
  }

  start(): void {
    this.#startedMs = performance.now()
    if (this.#shape.rate === Number.POSITIVE_INFINITY) this.#fill()
    else this.#timer = setInterval(() => this.#fillToRate(), 1)
  }

  stop(): Promise<void> {
    this.#stopping = true
    if (this.#timer) clearInterval(this.#timer)
    return new Promise(resolve => {
      if (this.#next === this.#answeredCount) resolve()
      else this.#drained = resolve
    })
  }

  close(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#wire.close()
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#answerBytes += buffer.copy(this.#answer, this.#answerBytes, start, end)
  }

  answered(): void {
    this.#answerBytes = 0
    const errorCode = this.#answer.readInt16BE(this.#errorAt)
    if (errorCode !== 0) {
      this.#tally.errors++
      this.#tally.errorCode = errorCode
    }
    this.#done()
    if (!this.#stopping && this.#timer === null) this.#fill()
    else if (this.#stopping && this.#next === this.#answeredCount) this.#drained?.()
  }

  closed(reason: string): void {
    this.#fail(new Error(reason))
  }

  #done(): void {
    const now = performance.now()
    const { batchBytes } = this.#templates[this.#answeredCount % this.#templates.length]
    this.#tally.requestLatency.add(now - this.#sentMs[this.#answeredCount % this.#shape.window])
    this.#tally.requests++
    this.#tally.records += this.#shape.recordsPerBatch
    this.#tally.bytes += batchBytes
    this.#answeredCount++
  }

  #fill(): void {
    this.#wire.cork()
    while (this.#next - this.#answeredCount < this.#shape.window) this.#send()
    this.#wire.uncork()
  }

  /**
   * As many as should have gone by now, which is looked at each millisecond: they come in bursts, and the time of a burst is when
   * they are due. What a slow answer holds back is sent late and counts from then.
   */
  #fillToRate(): void {
    const now = performance.now()
    const due = ((now - this.#startedMs) / 1000) * this.#shape.rate
    for (; this.#dueCount < due; this.#dueCount++) this.#dueMs.push(now)
    while (this.#dueMs.length > 0 && this.#next - this.#answeredCount < this.#shape.window) this.#send()
  }

  #send(): void {
    const place = this.#next % this.#ring.length
    const { frame, batchAt, batchBytes } = this.#ring[place]
    const at = this.#next % this.#templates.length
    if (this.#shape.producerId >= 0) this.#patch(frame, batchAt, batchBytes, at)
    const sentMs = this.#dueMs.shift() ?? performance.now()
    this.#sentMs[this.#next % this.#shape.window] = sentMs
    this.#sent?.(this.#shape.partitions[at], sentMs)
    this.#next++
    if (this.#shape.acks === 0) this.#wire.send(frame, () => this.#gone())
    else this.#wire.send(frame)
  }

  /** With acks=0 the socket says when a request has left; nobody says more. */
  #gone(): void {
    this.#done()
    if (this.#stopping) {
      if (this.#next === this.#answeredCount) this.#drained?.()
    } else if (this.#timer === null) this.#fill()
  }

  /** Gives the batch the next sequence number of its partition. */
  #patch(frame: Buffer, batchAt: number, batchBytes: number, partition: number): void {
    const batch = frame.subarray(batchAt, batchAt + batchBytes)
    batch.writeInt32BE(this.#sequences[partition], 53)
    batch.writeUInt32BE(crc32c(batch, 21), 17)
    this.#sequences[partition] = (baseSequence(batch, 0) + recordCount(batch, 0)) % 0x80000000
  }
}
