/**
 * How far a mirror has come, kept in the cluster that it copies to: a compacted topic with a record for each partition. It is written in
 * transactions, whose id lets one mirror of a name write at a time.
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { Consumer, recordsOf } from '../../client/consumer.ts'
import { Producer } from '../../client/producer.ts'
import type { Admin } from '../admin.ts'
import { listEnds } from '../offsets.ts'
import { createTopics } from '../topics.ts'
import { OffsetMap, type Stretch } from './offset-map.ts'

/** The compacted topic that holds them. */
export const positionsTopic = '__ottla_mirror_positions'
const positionsPartition = { topic: positionsTopic, partition: 0 }

/** How far one partition is copied. */
export interface Position {
  /** The offset of the original from which on nothing is copied yet. */
  readonly source: number
  readonly map: OffsetMap
}

/** By topic and partition, as `keyOf` joins them. */
export type Positions = Map<string, Position>

/** A partition as the key of a map. */
export function keyOf(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** All positions of a mirror; none where it has never run. */
export async function readPositions(target: Admin, name: string): Promise<Positions> {
  const known = (await target.metadata([positionsTopic])).topics.get(positionsTopic)
  if (known === undefined || known.errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION) return new Map()
  const [listed] = await listEnds(target, [positionsPartition])
  const { errorCode, value } = listed!
  if (errorCode !== 0) throw new KafkaError(errorCode, `${positionsTopic} cannot be read`)
  if (value.start >= value.end) return new Map()
  const consumer = new Consumer({ routes: target, isolationLevel: 'read_committed', reset: 'earliest' })
  try {
    await consumer.assign([{ ...positionsPartition, start: 'earliest' }])
    return await readTo(target, consumer, value.end, name)
  } finally {
    await consumer.close()
  }
}

/** Reads up to an offset. Rejects with KafkaError where it is not reached: another mirror may keep a transaction open, and what is behind is not seen. */
async function readTo(target: Admin, consumer: Consumer, end: number, name: string): Promise<Positions> {
  const positions: Positions = new Map()
  const lateMs = target.clock.monotonicMs() + target.timeoutMs
  while (consumer.positionOf(positionsPartition) < end) {
    const batch = consumer.take()
    if (batch === null) {
      // Markers are passed over by having looked for what is behind them.
      if (consumer.positionOf(positionsPartition) >= end) break
      const leftMs = lateMs - target.clock.monotonicMs()
      if (leftMs <= 0) throw new KafkaError(codes.REQUEST_TIMED_OUT, `${positionsTopic} cannot be read to its end`)
      await consumer.wait(leftMs)
      continue
    }
    for (const { key, value } of recordsOf(batch)) {
      const of = key === null ? null : JSON.parse(key.toString())
      if (of?.mirror !== name) continue
      if (value === null) positions.delete(keyOf(of.topic, of.partition))
      else {
        const { source, stretches } = JSON.parse(value.toString()) as { source: number; stretches: Stretch[] }
        positions.set(keyOf(of.topic, of.partition), { source, map: new OffsetMap(stretches) })
      }
    }
  }
  return positions
}

/** Writes positions, as the only one of its name. */
export class PositionWriter {
  readonly #target: Admin
  readonly #name: string
  readonly #producer: Producer

  constructor(target: Admin, name: string) {
    this.#target = target
    this.#name = name
    this.#producer = new Producer({ routes: target, transactionalId: `ottla-mirror-${name}` })
  }

  /** Makes the topic where it is not there, and shuts out a former mirror of the name, which fails with its next write. */
  async begin(): Promise<void> {
    const [made] = await createTopics(this.#target, [
      { name: positionsTopic, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    ])
    if (made!.errorCode !== 0 && made!.errorCode !== codes.TOPIC_ALREADY_EXISTS) {
      throw new KafkaError(made!.errorCode, `${positionsTopic} cannot be made: ${made!.errorMessage}`)
    }
    await this.#producer.find(positionsTopic)
    await this.#producer.begin()
  }

  /** Rejects with KafkaError, where another mirror of the name has begun, too. */
  async write(
    timestamp: number,
    positions: readonly { readonly topic: string; readonly partition: number; readonly position: Position }[],
  ): Promise<void> {
    for (const { topic, partition, position } of positions) {
      const key = JSON.stringify({ mirror: this.#name, topic, partition })
      const value = JSON.stringify({ source: position.source, stretches: position.map.stretches })
      this.#producer.send(positionsTopic, { timestamp, key: Buffer.from(key), value: Buffer.from(value) }, 0)
      await this.#producer.room()
    }
    await this.#producer.commit()
    await this.#producer.begin()
  }

  close(): void {
    this.#producer.destroy()
  }
}
