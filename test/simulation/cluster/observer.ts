/** What must hold in a cluster at every moment, whatever its clients see. */
import type { Partition } from '../../../lib/partitions/partition.ts'
import { Violation } from '../broker/model.ts'
import type { Node } from './node.ts'
import type { ClusterWorld } from './world.ts'

interface StoredState {
  readonly leader: number
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  readonly elr?: readonly number[]
}

export class Observer {
  readonly #world: ClusterWorld
  readonly #topic: string
  /** By partition and epoch: who leads. */
  readonly #leaders = new Map<string, string>()
  /** By partition, epoch and leader: the greatest high watermark. */
  readonly #watermarks = new Map<string, number>()
  /** By partition: the greatest high watermark that any leader had. */
  readonly told = new Map<number, number>()
  elections = 0
  /** Of those, the ones of replicas that were eligible and not in sync. */
  eligibleElections = 0
  /** What the store has last said of partitions, by key. */
  readonly #states = new Map<string, StoredState>()

  constructor(world: ClusterWorld, topic: string) {
    this.#world = world
    this.#topic = topic
  }

  /** To be told of each state of a partition that is written. */
  written(key: string, value: string): void {
    const before = this.#states.get(key)
    const state = JSON.parse(value) as StoredState
    this.#states.set(key, state)
    if (before !== undefined && state.leaderEpoch < before.leaderEpoch) {
      const epochs = `from ${before.leaderEpoch} to ${state.leaderEpoch}`
      this.#world.failed(new Violation(`the leader epoch of ${key} went back ${epochs}`))
    }
    if (before === undefined || before.isr.length > 0 || state.leader === before.leader) return
    if (before.elr?.includes(state.leader)) {
      this.eligibleElections++
      this.#world.say(() => `${state.leader} leads ${key}, as it was eligible`)
    }
  }

  /** Whether a broker leads a partition, as the store has last said. Another may still do so that has not heard of it. */
  isLedBy(nodeId: number, index: number): boolean {
    for (const [key, { leader }] of this.#states) if (key.endsWith(`/${index}`)) return leader === nodeId
    return true
  }

  look(): void {
    for (const node of this.#world.nodes) {
      for (const partition of node.services?.partitions.ofTopic(this.#topic) ?? []) {
        if (partition?.isLeader && partition.standing === 'online' && partition.isLoaded) this.#lookAt(node, partition)
      }
    }
  }

  #lookAt(node: Node, partition: Partition): void {
    const { index, leaderEpoch, highWatermark, logEndOffset } = partition
    const epoch = `${this.#topic}-${index} in epoch ${leaderEpoch}`
    // Each run of a broker has epochs of its own.
    const leader = `${node.id}, start ${node.starts}`
    const known = this.#leaders.get(epoch)
    if (known === undefined) {
      const committed = this.told.get(index) ?? 0
      if (logEndOffset < committed)
        throw new Violation(`${leader} leads ${epoch} with ${logEndOffset} records, ${committed} were committed`)
      this.elections++
      this.#leaders.set(epoch, leader)
      this.#world.say(() => `${leader} leads ${epoch}, up to ${highWatermark} of ${logEndOffset}`)
    } else if (known !== leader) throw new Violation(`${epoch} is led by ${known}, and by ${leader}`)
    const before = this.#watermarks.get(epoch) ?? 0
    if (highWatermark < before)
      throw new Violation(`the high watermark of ${epoch} went back from ${before} to ${highWatermark}`)
    if (highWatermark > logEndOffset) throw new Violation(`${epoch} is committed to ${highWatermark}, beyond its end`)
    this.#watermarks.set(epoch, highWatermark)
    this.told.set(index, Math.max(this.told.get(index) ?? 0, highWatermark))
  }

  /** What the store says of partitions. */
  async checkStore(): Promise<void> {
    const { entries } = await this.#world.store.list('partitions/')
    const topic = await this.#world.store.get(`topics/${this.#topic}`)
    const { topicId, replicas } = JSON.parse(topic!.value) as { topicId: string; replicas: number[][] }
    for (const { key, value } of entries) {
      const [, id, index] = key.split('/')
      if (id !== topicId) continue
      const { isr, leader, elr = [] } = JSON.parse(value) as StoredState
      const of = replicas[Number(index)]!
      if (elr.some(one => !of.includes(one) || isr.includes(one)))
        throw new Violation(`${key} has ${elr} as eligible and ${isr} in sync, of the replicas ${of}`)
      if (isr.some(one => !of.includes(one)) || new Set(isr).size < isr.length)
        throw new Violation(`${key} has ${isr} in sync, of the replicas ${of}`)
      if (leader >= 0 && !isr.includes(leader)) throw new Violation(`${key} is led by ${leader}, in sync are ${isr}`)
    }
  }
}

/** The bytes of a log, from an offset on. */
export function bytesOf(partition: Partition, from: number): Buffer {
  const { log } = partition
  const parts: Buffer[] = []
  for (let offset = Math.max(from, log.logStartOffset); offset < log.writtenOffset; ) {
    const read = log.read(offset, { maxBytes: 1_000_000, maxOffset: log.writtenOffset, minOneMessage: true })
    parts.push(...read.records.map(part => Buffer.from(part)))
    offset = read.endOffset
    read.release()
  }
  return Buffer.concat(parts)
}
