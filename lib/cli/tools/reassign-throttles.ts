/** Limits on the traffic of a reassignment: settings of brokers and topics that a tool sets and takes away again. */
import type { Admin } from '../../admin/admin.ts'
import { alterConfigs } from '../../admin/configs.ts'
import type { Io } from '../io.ts'
import type { PlannedPartition } from './reassign-plan.ts'

const rates = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const dirRate = 'replica.alter.log.dirs.io.max.bytes.per.second'
const ofTopics = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas'] as const

export interface Throttles {
  /** Bytes a second; none below 0. */
  readonly betweenBrokers: number
  readonly betweenDirs: number
}

/** Brokers that have replicas now, or are to have some. */
export function brokersOf(partitions: readonly PlannedPartition[], current: readonly PlannedPartition[]): number[] {
  const ids = [...partitions, ...current].flatMap(({ replicas }) => replicas)
  return [...new Set(ids)].sort((a, b) => a - b)
}

export async function setThrottles(
  admin: Admin,
  { betweenBrokers, betweenDirs }: Throttles,
  partitions: readonly PlannedPartition[],
  current: readonly PlannedPartition[],
  io: Io,
): Promise<void> {
  const brokers = brokersOf(partitions, current)
  if (betweenBrokers >= 0) {
    for (const topic of new Set(partitions.map(each => each.topic))) {
      const namesIn = (all: readonly PlannedPartition[]) =>
        all
          .filter(each => each.topic === topic)
          .flatMap(({ partition, replicas }) => replicas.map(id => `${partition}:${id}`))
      // Who has the partition sends it; who has it not yet receives it.
      const sending = namesIn(current)
      const receiving = namesIn(partitions).filter(name => !sending.includes(name))
      const [leaders, followers] = ofTopics
      await alterConfigs(admin, { type: 'topic', name: topic }, [
        { name: leaders, value: sending.join(',') },
        { name: followers, value: receiving.join(',') },
      ])
    }
    await set(admin, brokers, rates, betweenBrokers)
    io.stdout.write(`The inter-broker throttle limit was set to ${betweenBrokers} B/s\n`)
  }
  if (betweenDirs >= 0) {
    await set(admin, brokers, [dirRate], betweenDirs)
    io.stdout.write(`The replica-alter-dir throttle limit was set to ${betweenDirs} B/s\n`)
  }
}

async function set(admin: Admin, brokers: readonly number[], names: readonly string[], rate: number): Promise<void> {
  const changes = names.map(name => ({ name, value: String(rate) }))
  for (const id of brokers) await alterConfigs(admin, { type: 'broker', name: String(id) }, changes)
}

/** Takes away what `setThrottles` set. */
export async function clearThrottles(
  admin: Admin,
  brokers: readonly number[],
  topics: readonly string[],
  io: Io,
): Promise<void> {
  io.stdout.write(`Clearing broker-level throttles on broker${brokers.length === 1 ? '' : 's'} ${brokers.join(',')}\n`)
  const gone = (names: readonly string[]) => names.map(name => ({ name, value: null }))
  for (const id of brokers) await alterConfigs(admin, { type: 'broker', name: String(id) }, gone([...rates, dirRate]))
  io.stdout.write(`Clearing topic-level throttles on topic${topics.length === 1 ? '' : 's'} ${topics.join(',')}\n`)
  for (const name of topics) await alterConfigs(admin, { type: 'topic', name }, gone(ofTopics))
}
