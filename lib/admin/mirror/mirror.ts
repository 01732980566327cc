/**
 * Copies topics of one cluster to another: records as they are, topics with their partitions and settings, and the offsets of groups. What
 * was confirmed is noted in the target, and where it stopped it goes on: nothing is lost, and what was not noted yet is copied again.
 */
import { KafkaError } from '../../../protocol/errors.ts'
import type { Clock } from '../../base/clock.ts'
import { Consumer, type FetchedBatch } from '../../client/consumer.ts'
import { Producer } from '../../client/producer.ts'
import type { Admin } from '../admin.ts'
import { listEnds } from '../offsets.ts'
import { type CopiedBatch, copiedBatches } from './copied-batch.ts'
import { bringGroups, type CopiedPartition } from './groups.ts'
import { OffsetMap } from './offset-map.ts'
import { keyOf, type Positions, PositionWriter, readPositions } from './positions.ts'
import { bringTopic, type MirroredTopic, topicsMeant } from './topics.ts'

/** What is copied, and from where to where. */
export interface MirrorOptions {
  /** Tells its positions from those of other mirrors into the same cluster. */
  readonly name: string
  readonly source: Admin
  readonly target: Admin
  readonly clock: Clock
  readonly isTopicMeant: (name: string) => boolean
  readonly isGroupMeant: (name: string) => boolean
  /** The name of a topic in the copy. */
  readonly targetOf: (topic: string) => string
  /** How often it notes how far it has come. */
  readonly noteMs?: number
  /** How often it looks for new topics, partitions and settings, and brings the offsets of groups. */
  readonly refreshMs?: number
  /** Told of what does not end it. */
  readonly warn: (sentence: string) => void
}

/** How far one partition is copied. */
export interface Progress {
  readonly topic: string
  readonly partition: number
  /** The next offset of the original. */
  readonly position: number
  /** The end of the original, as far as it is known; −1 where nothing has been read. */
  readonly end: number
}

/**
 * Records that are sent and not noted yet: so many, and one batch, are copied again after a crash. Bytes would not bound them, as batches that are
 * compressed hold any number of records. A note takes a few round trips, in which half of these can be sent.
 */
const unnotedRecordsMax = 20_000
/** Bytes in one request, under way, and fetched ahead. */
const [requestBytesMax, bufferBytesMax, fetchBytesMax] = [1_048_576, 8_388_608, 16_777_216]
const [noteMsDefault, refreshMsDefault] = [1_000, 10_000]

/** A batch that is under way. */
interface Sent {
  readonly batch: CopiedBatch
  readonly nextOffset: number
  target: number
  isConfirmed: boolean
}

/** A partition that is copied. */
class Copying {
  readonly source: string
  readonly target: string
  readonly partition: number
  /** Behind what was confirmed without a gap. */
  position: number
  readonly map: OffsetMap
  end = -1
  isNoted = true
  readonly #sent: Sent[] = []

  constructor(topic: MirroredTopic, partition: number, position: number, map: OffsetMap) {
    this.source = topic.source
    this.target = topic.target
    this.partition = partition
    this.position = position
    this.map = map
  }

  sending(batch: CopiedBatch, nextOffset: number): Sent {
    const sent = { batch, nextOffset, target: -1, isConfirmed: false }
    this.#sent.push(sent)
    return sent
  }

  /** Passes over what has nothing to be copied, once all before it is confirmed. */
  passed(nextOffset: number): void {
    if (this.#sent.length > 0 || nextOffset <= this.position) return
    this.position = nextOffset
    this.isNoted = false
  }

  /** Confirmations may come out of order; the position goes on by those that leave no gap. By how many records it does. */
  confirmed(sent: Sent, target: number): number {
    sent.isConfirmed = true
    sent.target = target
    let count = 0
    while (this.#sent[0]?.isConfirmed === true) {
      const { batch, target: at, nextOffset } = this.#sent.shift()!
      // The broker does not tell where it has a batch that it had before: what is near is known, and nothing after it is guessed.
      if (at >= 0) this.map.add(batch.source, at, batch.count)
      this.position = nextOffset
      this.isNoted = false
      count += batch.count
    }
    return count
  }
}

/** See the head of the file. */
export class Mirror {
  readonly #options: MirrorOptions
  readonly #consumer: Consumer
  readonly #producer: Producer
  readonly #writer: PositionWriter
  readonly #copying = new Map<string, Copying>()
  #positions: Positions = new Map()
  #failure: Error | null = null
  #isStopped = false
  #tellStopped: () => void = () => undefined
  readonly #stopping = new Promise<void>(resolve => {
    this.#tellStopped = resolve
  })
  /** Records that were sent, and are in no note that is written. */
  #unnoted = 0
  /** Those of them that the next note will have. */
  #notable = 0
  #noting: Promise<void> | null = null
  /** Ends a wait for room among the records that are not noted. */
  #settled: (() => void) | null = null
  /** Records that were copied. */
  copied = 0

  constructor(options: MirrorOptions) {
    const { source, target, name } = options
    this.#options = options
    this.#consumer = new Consumer({
      ...{ routes: source, isolationLevel: 'read_committed', reset: 'earliest', bufferBytesMax: fetchBytesMax },
    })
    this.#producer = new Producer({
      // A target that is away is waited for.
      ...{ routes: target, requestBytesMax, bufferBytesMax, deliveryTimeoutMs: Number.POSITIVE_INFINITY },
      delivered: ({ tag, baseOffset, error }) => this.#delivered(tag, baseOffset, error),
    })
    this.#writer = new PositionWriter(target, name)
  }

  /** Ends `run` after what is under way; at once where nothing is, as a cluster may be away for long. */
  stop(): void {
    this.#isStopped = true
    this.#tellStopped()
    this.#wake()
  }

  /** Copies until it is stopped, or, with `once`, until all that there was at the beginning is copied. Rejects with KafkaError. */
  async run({ once = false }: { readonly once?: boolean } = {}): Promise<void> {
    const { clock, noteMs = noteMsDefault, refreshMs = refreshMsDefault } = this.#options
    try {
      await Promise.race([this.#setUp(), this.#stopping])
      if (this.#isStopped) return
      const ends = once ? await this.#ends() : null
      let noteAtMs = clock.monotonicMs() + noteMs
      let refreshAtMs = clock.monotonicMs() + refreshMs
      while (!this.#isStopped && !(ends && this.#isCopied(ends))) {
        const hasRoom = this.#unnoted < unnotedRecordsMax
        const batch = hasRoom ? this.#consumer.take() : null
        if (!hasRoom) await this.#settling()
        else if (batch === null)
          await this.#consumer.wait(Math.max(1, Math.min(noteAtMs, refreshAtMs) - clock.monotonicMs()))
        else if (!this.#copy(batch)) await this.#producer.room()
        if (ends && batch === null) await this.#producer.flush()
        if (this.#failure) throw this.#failure
        const now = clock.monotonicMs()
        if (now >= noteAtMs) {
          this.#noteSoon()
          noteAtMs = now + noteMs
        }
        if (now >= refreshAtMs) {
          await this.#refreshAgain()
          refreshAtMs = clock.monotonicMs() + refreshMs
        }
      }
      await this.#producer.flush()
      await this.#noting
      if (this.#failure) throw this.#failure
      await this.#note()
      await this.#bringGroups()
    } finally {
      await this.#consumer.close()
      this.#producer.destroy()
      this.#writer.close()
    }
  }

  async #setUp(): Promise<void> {
    await this.#writer.begin()
    this.#positions = await readPositions(this.#options.target, this.#options.name)
    await this.#refresh()
  }

  /** How far each partition is. */
  get progress(): Progress[] {
    return [...this.#copying.values()].map(({ source, partition, position, end }) => ({
      ...{ topic: source, partition, position, end },
    }))
  }

  async #refresh(): Promise<void> {
    const { source, target, isTopicMeant, targetOf } = this.#options
    for (const topic of await topicsMeant(source, isTopicMeant, targetOf)) {
      await bringTopic(source, target, topic)
      await this.#producer.find(topic.target)
      for (let partition = 0; partition < topic.partitions; partition++) await this.#begin(topic, partition)
    }
  }

  /** What cannot be brought now is tried again with the next round. */
  async #refreshAgain(): Promise<void> {
    try {
      await this.#refresh()
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#options.warn(`topics were not brought: ${error.message}`)
    }
    await this.#bringGroups()
  }

  async #begin(topic: MirroredTopic, partition: number): Promise<void> {
    const key = keyOf(topic.source, partition)
    if (this.#copying.has(key)) return
    const known = this.#positions.get(key)
    const copying = new Copying(topic, partition, known?.source ?? 0, known?.map ?? new OffsetMap())
    this.#copying.set(key, copying)
    const start = known?.source ?? 'earliest'
    await this.#consumer.assign([{ topic: topic.source, partition, start }])
  }

  /** Hands a batch on; false where there is no room for more. */
  #copy(batch: FetchedBatch): boolean {
    const copying = this.#copying.get(keyOf(batch.topic, batch.partition))!
    copying.end = batch.highWatermark
    let hasRoom = true
    const all = copiedBatches(batch)
    for (const [index, copied] of all.entries()) {
      const isLast = index === all.length - 1
      this.#unnoted += copied.count
      const sent = copying.sending(copied, isLast ? batch.nextOffset : copied.source + copied.count)
      hasRoom = this.#producer.sendBatch(copying.target, batch.partition, copied.bytes, { copying, sent })
    }
    if (all.length === 0) copying.passed(batch.nextOffset)
    return hasRoom
  }

  #delivered(tag: unknown, baseOffset: number, error: Error | null): void {
    const { copying, sent } = tag as { copying: Copying; sent: Sent }
    if (error === null) {
      this.copied += sent.batch.count
      this.#notable += copying.confirmed(sent, baseOffset)
      // Half of what may be without a note is sent while this one is written.
      if (2 * this.#notable >= unnotedRecordsMax || this.#unnoted >= unnotedRecordsMax) this.#noteSoon()
      return
    }
    const { message } = error
    const code = error instanceof KafkaError ? error.code : -1
    this.#failure ??= new KafkaError(code, `${copying.target}-${copying.partition} does not take records: ${message}`)
    this.#wake()
  }

  #wake(): void {
    this.#consumer.wake()
    this.#settled?.()
  }

  /** Resolves when a note is written, or it has failed or is stopped. */
  #settling(): Promise<void> {
    if (this.#failure || this.#isStopped) return Promise.resolve()
    return new Promise(resolve => {
      this.#settled = resolve
    })
  }

  /** Notes while records go on, one note at a time. */
  #noteSoon(): void {
    if (this.#noting !== null || this.#failure) return
    this.#noting = this.#note()
      .catch((error: Error) => {
        this.#failure ??= error
      })
      .finally(() => {
        this.#noting = null
        // What was confirmed meanwhile has nobody else to note it, where all wait for room.
        if (this.#unnoted >= unnotedRecordsMax && this.#notable > 0) this.#noteSoon()
        this.#wake()
      })
  }

  /** Notes how far it has come, where that has changed. */
  async #note(): Promise<void> {
    for (const copying of this.#copying.values())
      copying.passed(this.#consumer.positionOf({ topic: copying.source, partition: copying.partition }))
    const changed = [...this.#copying.values()].filter(({ isNoted }) => !isNoted)
    if (changed.length === 0) return
    const positions = changed.map(({ source, partition, position, map }) => ({
      ...{ topic: source, partition },
      position: { source: position, map },
    }))
    for (const copying of changed) copying.isNoted = true
    const count = this.#notable
    this.#notable = 0
    await this.#writer.write(this.#options.clock.now(), positions)
    this.#unnoted -= count
  }

  async #bringGroups(): Promise<void> {
    const { source, target, isGroupMeant, warn } = this.#options
    const copied = new Map<string, CopiedPartition>()
    for (const { source: topic, target: copy, partition, position, map } of this.#copying.values()) {
      copied.set(keyOf(topic, partition), { topic: copy, partition, position: { source: position, map } })
    }
    try {
      await bringGroups(source, target, isGroupMeant, copied)
    } catch (error) {
      warn(`offsets of groups were not brought: ${(error as Error).message}`)
    }
  }

  /** The ends of all that there is now. */
  async #ends(): Promise<Map<string, number>> {
    const partitions = [...this.#copying.values()].map(({ source: topic, partition }) => ({ topic, partition }))
    const listed = await listEnds(this.#options.source, partitions, { committedOnly: true })
    // What is empty has nothing to be copied.
    const filled = listed.filter(({ value: { start, end } }) => end > start)
    return new Map(filled.map(({ topic, partition, value }) => [keyOf(topic, partition), value.end]))
  }

  #isCopied(ends: ReadonlyMap<string, number>): boolean {
    for (const [key, end] of ends) {
      const copying = this.#copying.get(key)!
      copying.passed(this.#consumer.positionOf({ topic: copying.source, partition: copying.partition }))
      if (copying.position < end) return false
    }
    return true
  }
}
