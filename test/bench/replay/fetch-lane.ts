/** Reads one partition by fetch after fetch: from its beginning, again and again, or at its tail. */
import { encodeRequestFrame } from '../../../protocol/frame.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { FetchAnswer } from './fetch-answer.ts'
import type { Lane, Tally } from './lane.ts'
import type { Wire, WireListener } from './wire.ts'

/** The last version that names topics, so that no ids have to be looked up. */
const version = 12
/** Not sent at this version. */
const noTopicId = 'A'.repeat(22)

export interface FetchShape {
  readonly topic: string
  readonly partition: number
  /** Bytes that an answer may have. */
  readonly bytesMax: number
  readonly bytesMin: number
  readonly waitMsMax: number
  readonly fromOffset: number
  /** Begins anew where the log ends; otherwise waits there. */
  readonly again: boolean
}

/** Called with the partition and how many batches came, in order. */
export type Came = (partition: number, batches: number) => void

export class FetchLane implements Lane, WireListener {
  readonly failed: Promise<never>
  readonly #wire: Wire
  readonly #shape: FetchShape
  readonly #tally: Tally
  readonly #came: Came | null
  readonly #answer = new FetchAnswer()
  readonly #frame: Buffer
  /** Where in the frame the fetch offset lies. */
  readonly #offsetAt: number
  #offset: number
  #sentMs = 0
  #stopping = false
  #fail: (error: Error) => void = () => {}

  constructor(wire: Wire, shape: FetchShape, tally: Tally, came: Came | null) {
    this.#wire = wire
    this.#shape = shape
    this.#tally = tally
    this.#came = came
    this.#offset = shape.fromOffset
    const mark = 0x1234567890abc
    const chunks = encodeRequestFrame(Fetch, version, 1, 'replay', {
      replicaId: -1,
      maxWaitMs: shape.waitMsMax,
      minBytes: shape.bytesMin,
      maxBytes: shape.bytesMax,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [
        {
          topic: shape.topic,
          topicId: noTopicId,
          partitions: [
            { partition: shape.partition, fetchOffset: mark, logStartOffset: -1, partitionMaxBytes: shape.bytesMax },
          ],
        },
      ],
      forgottenTopicsData: [],
      rackId: '',
    })
    this.#frame = Buffer.concat(chunks)
    const marked = Buffer.alloc(8)
    marked.writeBigInt64BE(BigInt(mark))
    this.#offsetAt = this.#frame.indexOf(marked)
    this.failed = new Promise((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
    wire.listen(this)
  }

  start(): void {
    this.#send()
  }

  /** A fetch at the tail may wait for long: it is left behind. */
  async stop(): Promise<void> {
    this.#stopping = true
  }

  close(): void {
    this.#wire.close()
  }

  bytes(buffer: Buffer, start: number, end: number): void {
    this.#answer.push(buffer, start, end)
  }

  answered(): void {
    const { errorCode, nextOffset, batches, records, bytes } = this.#answer
    if (this.#stopping) return
    if (batches > 0) this.#came?.(this.#shape.partition, batches)
    this.#tally.requestLatency.add(performance.now() - this.#sentMs)
    this.#tally.requests++
    this.#tally.records += records
    this.#tally.bytes += bytes
    if (errorCode !== 0) {
      this.#tally.errors++
      this.#tally.errorCode = errorCode
    }
    if (nextOffset >= 0) this.#offset = nextOffset
    else if (this.#shape.again) this.#offset = this.#shape.fromOffset
    this.#send()
  }

  closed(reason: string): void {
    this.#fail(new Error(reason))
  }

  #send(): void {
    this.#answer.clear()
    this.#frame.writeBigInt64BE(BigInt(this.#offset), this.#offsetAt)
    this.#sentMs = performance.now()
    this.#wire.send(this.#frame)
  }
}
