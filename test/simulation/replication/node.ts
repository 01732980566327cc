/** One broker of a simulated cluster that replicates one partition: its partition over files in memory, and what is on its way to it. */
import { checkLeaderEpoch, divergence } from '../../../lib/partitions/leader-epoch-checks.ts'
import type { Partition } from '../../../lib/partitions/partition.ts'
import type { EpochEnd, LeaderAnswer, NextFetch } from '../../../lib/partitions/roles/follower.ts'
import { batches, readRecords } from '../../../protocol/records/batch.ts'
import { partitionLeaderEpoch } from '../../../protocol/records/header.ts'
import { type Files, memoryFiles } from '../../../storage/files.ts'
import { activeBroker } from '../../cluster/active-broker.ts'
import { PartitionsFixture, topicImage } from '../../partitions/fixture.ts'

/** What the cluster says of the partition. */
export interface PartitionState {
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly number[]
  /** Which run of each broker is there, in the order of their ids. */
  readonly runs: readonly number[]
}

/** A record as it lies in a log. */
export interface Entry {
  readonly offset: number
  readonly epoch: number
  readonly value: string
}

/** What a leader answered to a fetch, on its way to the follower. */
export type Answer =
  | { readonly kind: 'records'; readonly epoch: number; readonly answer: LeaderAnswer }
  | { readonly kind: 'parted'; readonly epoch: number; readonly end: EpochEnd }
  | { readonly kind: 'out of range'; readonly epoch: number; readonly start: number; readonly end: number }

export const ids = [1, 2, 3]
const topic = topicImage('a', {
  replicas: ids,
  topicId: 'simulated-topic-id-000',
  configs: { 'min.insync.replicas': '2', 'segment.bytes': '2000', 'segment.index.bytes': '200' },
})

/** The topic with its partition in this state. */
function topicIn({ runs: _, ...state }: PartitionState) {
  return { ...topic, partitions: [{ ...topic.partitions[0]!, ...state }] }
}

function brokersIn({ runs }: PartitionState) {
  return runs.map((epoch, at) => activeBroker(ids[at]!, { epoch }))
}

export class Node {
  readonly id: number
  /** Which run of the broker this is. */
  brokerEpoch: number
  isUp = true
  /** States that it has not heard of yet. */
  readonly news: PartitionState[] = []
  /** The answer to its fetch. */
  answer: Answer | null = null
  /** What is in its files while it is down. */
  stored: readonly Entry[] = []
  storedEnd = 0
  highWatermark = 0
  readonly #files: Files = memoryFiles()
  #fixture: PartitionsFixture

  constructor(id: number, state: PartitionState) {
    this.id = id
    this.brokerEpoch = 1
    this.#fixture = this.#open(state)
  }

  get partition(): Partition {
    return this.#fixture.partition('a')
  }

  /** What the partition's part of the broker warned of. */
  get warnings(): readonly string[] {
    return this.#fixture.log.filter(line => line.includes('committed are cut off'))
  }

  #open(state: PartitionState): PartitionsFixture {
    return new PartitionsFixture({
      nodeId: this.id,
      files: this.#files,
      topics: [topicIn(state)],
      brokers: brokersIn(state),
    })
  }

  /** Hears of the oldest state that it has not heard of. */
  hear(): PartitionState | undefined {
    const state = this.news.shift()
    if (state !== undefined) this.#fixture.apply({ changed: [topicIn(state)], brokers: brokersIn(state) })
    return state
  }

  turn(): void {
    this.#fixture.turn()
  }

  advance(ms: number): void {
    this.#fixture.clock.advance(ms)
  }

  /** The process dies: what was only in memory is lost. */
  kill(): void {
    this.stored = this.entries()
    this.storedEnd = this.partition.log.writtenOffset
    this.isUp = false
    this.answer = null
    this.news.length = 0
    this.#fixture.partitions.logDirectories.states()[0]!.directory!.abandon()
  }

  /** It starts again, and reads the state of the moment. */
  async restart(state: PartitionState, brokerEpoch: number): Promise<void> {
    this.#fixture = this.#open(state)
    await this.#fixture.settle()
    await this.#fixture.settle()
    this.isUp = true
    this.brokerEpoch = brokerEpoch
    this.highWatermark = this.partition.highWatermark
  }

  /** Fetches from a leader; the answer is on its way, unless the leader refuses the fetch for now. */
  fetchFrom(leader: Node, bytesMax: number): string {
    const follower = this.partition.following(this.partition.leaderEpoch)
    const fetch = follower.nextFetch()
    if (fetch === null) return 'not yet'
    this.answer = leader.answerTo(this, fetch, bytesMax)
    return this.answer.kind
  }

  /** As the Fetch handler of a leader will do it. */
  answerTo(from: Node, fetch: NextFetch, bytesMax: number): Answer {
    const { partition } = this
    const epoch = fetch.currentLeaderEpoch
    partition.checkLeads()
    checkLeaderEpoch(partition, epoch)
    const { fetchOffset, lastFetchedEpoch, logStartOffset } = fetch
    const [start, end] = [partition.logStartOffset, partition.log.writtenOffset]
    if (fetchOffset < start) return { kind: 'out of range', epoch, start, end }
    const parted = lastFetchedEpoch < 0 ? null : divergence(partition, lastFetchedEpoch, fetchOffset)
    if (parted !== null) return { kind: 'parted', epoch, end: parted }
    if (fetchOffset > end) return { kind: 'out of range', epoch, start, end }
    const read = partition.read(fetchOffset, { bytesMax, isolation: 'logEnd', minOneMessage: true })
    const records = Buffer.concat(read.records.map(bytes => Buffer.from(bytes)))
    read.release()
    const answer = { records, highWatermark: partition.highWatermark, logStartOffset: start }
    partition.fetchedBy(from.id, { fetchOffset, logStartOffset, brokerEpoch: from.brokerEpoch })
    return { kind: 'records', epoch, answer }
  }

  /** Takes the answer in, unless it is for an epoch that is over. */
  takeAnswer(): void {
    const { answer } = this
    this.answer = null
    if (answer === null || this.partition.isLeader || this.partition.leaderEpoch !== answer.epoch) return
    const follower = this.partition.following(answer.epoch)
    if (answer.kind === 'records') follower.take(answer.answer)
    else if (answer.kind === 'parted') follower.part(answer.end)
    else if (answer.end < this.partition.logEndOffset) follower.part({ epoch: -1, endOffset: answer.end })
    else follower.restart(answer.start)
  }

  /** What is in its file, from the log's start on. */
  entries(): readonly Entry[] {
    if (!this.isUp) return this.stored
    const { log } = this.partition
    const entries: Entry[] = []
    for (let offset = log.logStartOffset; offset < log.writtenOffset; ) {
      const read = log.read(offset, { maxBytes: 100_000, maxOffset: log.writtenOffset, minOneMessage: true })
      const bytes = Buffer.concat(read.records)
      for (const at of batches(bytes)) {
        for (const record of readRecords(bytes, at)) {
          const entry = { offset: record.offset, epoch: partitionLeaderEpoch(bytes, at), value: String(record.value) }
          if (record.offset >= log.logStartOffset) entries.push(entry)
        }
      }
      offset = read.endOffset
      read.release()
    }
    return entries
  }
}
