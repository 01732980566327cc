/** A partition in memory that commits when the test says so, and fails when it is told to. */
import type { CoordinatedPartition } from '../../lib/coordination/coordinator.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { readRecords } from '../../protocol/records/batch.ts'
import { lastOffset, recordCount, setBaseOffset } from '../../protocol/records/header.ts'

export class FakePartition implements CoordinatedPartition {
  readonly name = '__consumer_offsets-0'
  /** Batches in order. */
  readonly batches: Buffer[] = []
  highWatermark = 0
  standing: CoordinatedPartition['standing'] = 'online'
  /** Commits at once; else when `commit` is called. */
  commitsAtOnce = true
  /** As `__consumer_offsets` has it by default. */
  batchBytesMax = 1_048_588
  /** What the next appends meet, or 0. */
  failAppendsWith = 0
  #end = 0
  readonly #watchers = new Set<{ partitionChanged(): void }>()

  readonly log = {
    logStartOffset: 0,
    logEndOffset: 0,
    /** How often it was read. */
    reads: 0,
    /** Buffers given out and not returned. */
    held: 0,
    /** An error to be thrown by reads. */
    failure: null as Error | null,
    batchesPerRead: Number.POSITIVE_INFINITY,
    read: (offset: number, { maxOffset }: { maxOffset: number }) => {
      if (this.log.failure) throw this.log.failure
      const readable = this.batches.filter(batch => {
        const last = lastOffset(batch, 0)
        return last >= offset && last < maxOffset
      })
      this.log.reads++
      this.log.held++
      const records = readable.slice(0, this.log.batchesPerRead)
      return { records: records.length > 0 ? [Buffer.concat(records)] : [], release: () => this.log.held-- }
    },
    writeOut: () => {},
  }

  append(records: Buffer): { lastOffset: number } {
    if (this.failAppendsWith !== 0) throw new KafkaError(this.failAppendsWith)
    if (records.length > this.batchBytesMax) throw new KafkaError(codes.MESSAGE_TOO_LARGE)
    this.put(records)
    if (this.commitsAtOnce) this.commit()
    return { lastOffset: this.#end - 1 }
  }

  /** Puts a batch at the end, as if it had been there before. */
  put(batch: Buffer): void {
    setBaseOffset(batch, 0, this.#end)
    this.batches.push(batch)
    this.#end += recordCount(batch, 0)
    this.log.logEndOffset = this.#end
  }

  commit(): void {
    this.highWatermark = this.#end
    this.#changed()
  }

  /** Its disk fails, or its topic is deleted. */
  end(standing: 'offline' | 'deleted' = 'offline'): void {
    this.standing = standing
    this.#changed()
  }

  watch(watcher: { partitionChanged(): void }): void {
    this.#watchers.add(watcher)
  }

  unwatch(watcher: { partitionChanged(): void }): void {
    this.#watchers.delete(watcher)
  }

  /** How many are told of changes. */
  get watchers(): number {
    return this.#watchers.size
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher.partitionChanged()
  }

  /** Keys and values of all records. */
  get records() {
    return this.batches.flatMap(batch => readRecords(batch, 0))
  }
}
