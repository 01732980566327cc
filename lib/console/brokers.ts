/** Brokers with their disks, and partitions that are not as they should be. */
import { codeName, KafkaError } from '../../protocol/errors.ts'
import type { Admin } from '../admin/admin.ts'
import type { TopicPartition } from '../admin/by-leader.ts'
import { describeCluster, describeLogDirs } from '../admin/cluster.ts'
import { listReassignments } from '../admin/reassignments.ts'
import type { BrokerRow, DirectoryRow, ReplicationAnswer, ReplicationRow } from './answers.ts'
import { type Page, pageOf } from './page-of.ts'
import type { ListedTopic, TopicList } from './topics.ts'
import { forEachInTurns, inPieces } from './turns.ts'

export async function brokerRows(admin: Admin, list: TopicList, directories: DirectoryList): Promise<BrokerRow[]> {
  const [{ controllerId, brokers }, topics] = await Promise.all([described(admin), list.all()])
  const counts = new Map(brokers.map(({ brokerId }) => [brokerId, { leads: 0, underReplicated: 0 }]))
  const held = new Map(brokers.map(({ brokerId }): [number, TopicPartition[]] => [brokerId, []]))
  await forEachInTurns(admin.clock, topics, ({ name: topic, partitions }) => {
    for (const { index: partition, leader, replicas, isr } of partitions) {
      const led = counts.get(leader)
      if (led !== undefined) led.leads++
      for (const id of replicas) {
        held.get(id)?.push({ topic, partition })
        const count = counts.get(id)
        if (count !== undefined && !isr.includes(id)) count.underReplicated++
      }
    }
  })
  const rows = brokers.map(async ({ brokerId: nodeId, host, port, rack, isFenced }) => ({
    ...{ nodeId, host, port, rack, isFenced, isController: nodeId === controllerId },
    ...counts.get(nodeId)!,
    replicas: held.get(nodeId)!.length,
    directories: isFenced ? null : await directories.of(nodeId, held.get(nodeId)!),
  }))
  return (await Promise.all(rows)).sort((a, b) => a.nodeId - b.nodeId)
}

/** Those too that are registered and not there, where the brokers tell of them. */
async function described(admin: Admin) {
  try {
    return await describeCluster(admin, { includeFencedBrokers: true })
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error
    return describeCluster(admin)
  }
}

/** Milliseconds for which sizes are kept, for each partition that was asked for: those of ten thousand for half a minute. */
const keptMsEach = 3

/** Data directories of brokers. What lies in them is asked for seldom where there are many partitions, and how they are each time. */
export class DirectoryList {
  readonly #admin: Admin
  /** By node id: bytes by path, and until when they are kept. */
  readonly #sizes = new Map<number, { readonly untilMs: number; readonly bytes: ReadonlyMap<string, number> }>()

  constructor(admin: Admin) {
    this.#admin = admin
  }

  /** Null where this user may not know. */
  async of(nodeId: number, held: readonly TopicPartition[]): Promise<DirectoryRow[] | null> {
    const nowMs = this.#admin.clock.monotonicMs()
    const kept = this.#sizes.get(nodeId)
    const known = kept !== undefined && nowMs < kept.untilMs ? kept.bytes : null
    try {
      const rows = new Map<string, DirectoryRow>()
      const asked = known === null ? held : []
      for (const pieces of await inPieces(asked, piece => describeLogDirs(this.#admin, nodeId, piece))) {
        for (const { errorCode, logDir: path, totalBytes, usableBytes, topics } of pieces) {
          let bytes = rows.get(path)?.bytes ?? known?.get(path) ?? 0
          for (const { partitions } of topics)
            for (const { partitionSize } of partitions) bytes += Math.max(0, partitionSize)
          const error = errorCode === 0 ? null : codeName(errorCode)
          rows.set(path, { path, totalBytes, usableBytes, bytes, error })
        }
      }
      const all = [...rows.values()]
      if (known === null) {
        const bytes = new Map(all.map(row => [row.path, row.bytes]))
        this.#sizes.set(nodeId, { untilMs: nowMs + held.length * keptMsEach, bytes })
      }
      return all
    } catch (error) {
      if (error instanceof KafkaError) return null
      throw error
    }
  }
}

export async function replicationAnswer(admin: Admin, list: TopicList, page: Page): Promise<ReplicationAnswer> {
  const [topics, moving] = await Promise.all([list.all(), movingIn(admin)])
  const rows: ReplicationRow[] = []
  let partitions = 0
  await forEachInTurns(admin.clock, topics, ({ name: topic, partitions: each }) => {
    partitions += each.length
    for (const partition of each) {
      const { index, leader, replicas, isr } = partition
      const trouble = moving.has(`${topic}-${index}`) ? 'moving' : troubleOf(partition)
      if (trouble !== null) rows.push({ topic, partition: index, leader, replicas, isr, trouble })
    }
  })
  rows.sort((a, b) => order.indexOf(a.trouble) - order.indexOf(b.trouble))
  return { partitions, rows: { total: partitions, matching: rows.length, rows: pageOf(rows, page) } }
}

/** The worst first. */
const order = ['no leader', 'under-replicated', 'moving', 'leader not preferred'] as const

function troubleOf({ leader, replicas, isr }: ListedTopic['partitions'][number]): (typeof order)[number] | null {
  if (leader < 0) return 'no leader'
  if (isr.length < replicas.length) return 'under-replicated'
  return leader === replicas[0] ? null : 'leader not preferred'
}

async function movingIn(admin: Admin): Promise<Set<string>> {
  try {
    return new Set((await listReassignments(admin)).map(({ topic, partition }) => `${topic}-${partition}`))
  } catch (error) {
    if (error instanceof KafkaError) return new Set()
    throw error
  }
}
