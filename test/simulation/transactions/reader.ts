/** Consumers of what is committed, and of all there is: they hold what they are given against the model. */
import { codes } from '../../../protocol/errors.ts'
import { Fetch } from '../../../protocol/messages/fetch.ts'
import { readRecords } from '../../../protocol/records/batch.ts'
import { readControlType } from '../../../protocol/records/control.ts'
import { isControl, isTransactional, producerId, sizeInBytes } from '../../../protocol/records/header.ts'
import type { ClientResponseOf } from '../../../protocol/schema.ts'
import { Actor } from '../broker/actor.ts'
import { Violation } from '../broker/model.ts'
import type { World } from '../broker/world.ts'
import type { TransactionModel } from './model.ts'

type PartitionAnswer = ClientResponseOf<typeof Fetch>['responses'][number]['partitions'][number]

/** Asks for partitions of one topic, by pairs of index and offset. */
export function fetchRequest(
  topic: string,
  positions: readonly (readonly [number, number])[],
  { maxWaitMs = 0, minBytes = 1, bytesMax = 100_000, isolationLevel = 1 } = {},
) {
  return {
    ...{ maxWaitMs, minBytes, maxBytes: 1_000_000, isolationLevel, forgottenTopicsData: [] },
    topics: [
      {
        ...{ topic, topicId: '' },
        partitions: positions.map(([partition, fetchOffset]) => ({
          partition,
          fetchOffset,
          partitionMaxBytes: bytesMax,
        })),
      },
    ],
  }
}

interface Read {
  readonly records: { readonly offset: number; readonly value: string }[]
  /** Where to go on. */
  readonly next: number
}

/** What a consumer of committed records takes from an answer: without markers, and without what the answer says is aborted. */
export function committedRecords({ records: bytes, abortedTransactions }: PartitionAnswer, from: number): Read {
  const aborted = [...(abortedTransactions ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
  const skipped = new Set<number>()
  const records: Read['records'] = []
  let next = from
  for (let at = 0; bytes && at < bytes.length; at += sizeInBytes(bytes, at)) {
    const batch = readRecords(bytes, at)
    const last = batch[batch.length - 1]!.offset
    while (aborted.length > 0 && aborted[0]!.firstOffset <= last) skipped.add(aborted.shift()!.producerId)
    const id = producerId(bytes, at)
    next = Math.max(next, last + 1)
    if (isControl(bytes, at)) {
      if (readControlType(bytes, at) === 'ABORT') skipped.delete(id)
      continue
    }
    if (isTransactional(bytes, at) && skipped.has(id)) continue
    for (const { offset, value } of batch) if (offset >= from) records.push({ offset, value: String(value) })
  }
  return { records, next }
}

/** All records of an answer, but for markers. */
export function allRecords(answer: PartitionAnswer, from: number): Read {
  return committedRecords({ ...answer, abortedTransactions: null }, from)
}

export class TransactionReader extends Actor<TransactionModel> {
  readonly #topic: string
  readonly #isolationLevel: number
  readonly #positions: number[]

  constructor(
    name: string,
    world: World,
    model: TransactionModel,
    options: { readonly topic: string; readonly partitions: number; readonly isolationLevel: number },
  ) {
    super(name, world, model)
    this.#topic = options.topic
    this.#isolationLevel = options.isolationLevel
    this.#positions = new Array(options.partitions).fill(0)
  }

  protected override async round(): Promise<void> {
    const { random } = this.world
    const asked = [...this.#positions.entries()]
    const answer = await this.send(
      Fetch,
      11,
      fetchRequest(this.#topic, asked, {
        ...{ maxWaitMs: random.int(600), minBytes: random.int(1_000), bytesMax: 100 + random.int(5_000) },
        isolationLevel: this.#isolationLevel,
      }),
    )
    const isCommitted = this.#isolationLevel === 1
    for (const { partitions } of answer.responses) {
      for (const partition of partitions) {
        const { partitionIndex: index, errorCode, lastStableOffset, highWatermark } = partition
        const key = `${this.#topic}-${index}`
        const from = this.#positions[index]!
        if (errorCode === codes.OFFSET_OUT_OF_RANGE)
          throw new Violation(`${this.name}: ${from} of ${key} is out of range`)
        if (errorCode !== 0) continue
        if (lastStableOffset > highWatermark)
          throw new Violation(`${key}: ${lastStableOffset} is stable, above the high watermark ${highWatermark}`)
        const { records, next } = isCommitted ? committedRecords(partition, from) : allRecords(partition, from)
        for (const { offset, value } of records) {
          if (isCommitted) this.model.sawCommitted(key, offset, value)
          else this.model.saw(key, offset, value)
        }
        if (isCommitted && next > lastStableOffset && next > from)
          throw new Violation(`${key}: was read up to ${next}, and ${lastStableOffset} is stable`)
        this.model.sawStableOffset(key, lastStableOffset)
        this.#positions[index] = next
      }
    }
    if (random.int(40) === 0) this.#positions.fill(0)
    await this.sleep(random.int(60))
  }
}
