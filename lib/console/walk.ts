/** A walk through the records of one partition, older or newer with each step, that keeps of them what is shown. */
import type { Admin } from '../admin/admin.ts'
import { recordsOf, timestampTypeOf } from '../client/fetched-set.ts'
import type { RecordAnswer } from './answers.ts'
import { recordAnswer, shownInList } from './bytes.ts'
import { type FetchedPartition, fetchPiece } from './fetching.ts'
import type { RecordTest } from './filter.ts'

/** Where to. */
export type Direction = 'older' | 'newer'

export interface WalkOptions {
  readonly admin: Admin
  readonly committedOnly: boolean
  readonly test: RecordTest | null
  /** The most records that are wanted of all partitions together. */
  readonly limit: number
  /** Called after each Fetch with what it has cost; gives the loop to others where this has taken long. */
  readonly read: (records: number, bytes: number) => Promise<void>
}

/** One Fetch of a walk, and of one that looks for something. */
const [pieceBytes, searchBytes] = [131_072, 524_288]
/** How many offsets are gone back by at first, where nothing is known of the size of records, and at the most. */
const [backMin, backMax] = [8, 4_096]

export class PartitionWalk {
  readonly partition: FetchedPartition
  readonly start: number
  readonly end: number
  readonly #direction: Direction
  readonly #options: WalkOptions
  /** What was found and nobody has taken, in the order of the walk. */
  readonly #found: RecordAnswer[] = []
  /** Newer: the next offset to read. Older: the one behind the next to read. */
  #at: number
  #back: number

  constructor(
    partition: FetchedPartition,
    ends: { readonly start: number; readonly end: number; readonly at: number },
    direction: Direction,
    options: WalkOptions,
  ) {
    this.partition = partition
    this.start = ends.start
    this.end = ends.end
    this.#at = Math.min(Math.max(ends.at, ends.start), ends.end)
    this.#direction = direction
    this.#options = options
    this.#back = options.test === null ? Math.min(backMin, options.limit) : 256
  }

  /** Whether nothing is left to read; there may be something to take. */
  get isOver(): boolean {
    return this.#direction === 'newer' ? this.#at >= this.end : this.#at <= this.start
  }

  get waiting(): number {
    return this.#found.length
  }

  /** The next record, which stays. */
  get next(): RecordAnswer | undefined {
    return this.#found[0]
  }

  take(): void {
    this.#found.shift()
  }

  /** Where another walk goes on behind what was taken of this one. */
  get position(): number {
    const [next] = this.#found
    if (next === undefined) return this.#at
    return this.#direction === 'newer' ? next.offset : next.offset + 1
  }

  /** Reads a piece, in which there may be nothing that is wanted. */
  async read(): Promise<void> {
    if (this.#direction === 'newer') await this.#readNewer()
    else await this.#readOlder()
  }

  async #readNewer(): Promise<void> {
    const { limit } = this.#options
    const { records, nextOffset } = await this.#fetch(this.#at, this.end)
    const kept = records.slice(0, limit)
    this.#found.push(...kept)
    if (kept.length < records.length) this.#at = kept.at(-1)!.offset + 1
    else this.#at = nextOffset > this.#at ? nextOffset : this.end
  }

  async #readOlder(): Promise<void> {
    const from = Math.max(this.start, this.#at - this.#back)
    const found: RecordAnswer[] = []
    let [at, bytes] = [from, 0]
    while (at < this.#at) {
      const piece = await this.#fetch(at, this.#at)
      found.push(...piece.records)
      bytes += piece.bytes
      if (piece.nextOffset <= at) break
      at = piece.nextOffset
    }
    found.reverse()
    this.#found.push(...found)
    const each = Math.max(1, bytes / (this.#at - from))
    const wanted = this.#options.test === null ? pieceBytes : searchBytes
    this.#back = Math.min(Math.max(1, Math.floor(wanted / each)), 4 * this.#back, backMax)
    this.#at = from
  }

  /** What is wanted of one Fetch, below an offset. */
  async #fetch(from: number, below: number) {
    const { admin, committedOnly, test, read } = this.#options
    const bytesMax = test === null ? pieceBytes : searchBytes
    const { batches, nextOffset, bytes } = await fetchPiece(admin, this.partition, from, { bytesMax, committedOnly })
    const records: RecordAnswer[] = []
    for (const batch of batches) {
      const type = timestampTypeOf(batch)
      const timeOf = type === null ? null : type === 'CreateTime' ? 'producer' : 'broker'
      let looked = 0
      for (const view of recordsOf(batch)) {
        if (view.offset >= below) break
        looked++
        if (test === null || test(view)) records.push(recordAnswer(this.partition.index, view, timeOf, shownInList))
      }
      await read(looked, 0)
    }
    await read(0, bytes)
    return { records, nextOffset, bytes }
  }
}
