/** Limits on the traffic of a reassignment: settings of brokers and topics that a tool sets and takes away again. */
import type { Admin } from '../../admin/admin.ts'
import type { TopicPartition } from '../../admin/by-leader.ts'
import { alterConfigs } from '../../admin/configs.ts'
import type { Reassignment } from '../../admin/reassignments.ts'
import { nameOf, type PlannedPartition } from './reassign-plan.ts'

const rates = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const dirRate = 'replica.alter.log.dirs.io.max.bytes.per.second'
const ofTopics = ['leader.replication.throttled.replicas', 'follower.replication.throttled.replicas'] as const

/** A partition on its way: the brokers that have it and send it, and those that are to have it and receive it. */
interface Copy extends TopicPartition {
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** What is copied once a plan is carried out, and what is copied already: from where a partition was before anything moved. */
function copiesIn(
  plan: readonly PlannedPartition[],
  current: readonly PlannedPartition[],
  underWay: readonly Reassignment[],
): Copy[] {
  const copies = new Map<string, Copy>()
  for (const each of underWay) {
    const { topic, partition, replicas, addingReplicas } = each
    const from = replicas.filter(id => !addingReplicas.includes(id))
    copies.set(nameOf(each), { topic, partition, from, to: addingReplicas })
  }
  const now = new Map(current.map(each => [nameOf(each), each.replicas]))
  for (const each of plan) {
    const { topic, partition, replicas } = each
    const from = copies.get(nameOf(each))?.from ?? now.get(nameOf(each)) ?? []
    copies.set(nameOf(each), { topic, partition, from, to: replicas.filter(id => !from.includes(id)) })
  }
  return [...copies.values()]
}

/** Limits what is copied between brokers from now on. */
export async function throttleCopies(
  admin: Admin,
  bytesPerSecond: number,
  plan: readonly PlannedPartition[],
  current: readonly PlannedPartition[],
  underWay: readonly Reassignment[],
  say: (line: string) => void,
): Promise<void> {
  const copies = copiesIn(plan, current, underWay)
  for (const name of new Set(copies.map(({ topic }) => topic))) {
    // In the order of the texts, as Kafka's tool has them.
    const namesOf = (side: 'from' | 'to') =>
      copies
        .filter(({ topic }) => topic === name)
        .flatMap(copy => copy[side].map(id => `${copy.partition}:${id}`))
        .sort()
        .join(',')
    const [leaders, followers] = ofTopics
    await alterConfigs(admin, { type: 'topic', name }, [
      { name: leaders, value: namesOf('from') },
      { name: followers, value: namesOf('to') },
    ])
  }
  const brokers = [...new Set(copies.flatMap(({ from, to }) => [...from, ...to]))]
  await set(admin, brokers, rates, bytesPerSecond)
  say(`The inter-broker throttle limit was set to ${bytesPerSecond} B/s\n`)
}

/** The same for copies between directories, on brokers where there are some. */
export async function throttleDirs(
  admin: Admin,
  bytesPerSecond: number,
  brokers: Iterable<number>,
  say: (line: string) => void,
): Promise<void> {
  await set(admin, brokers, [dirRate], bytesPerSecond)
  say(`The replica-alter-dir throttle limit was set to ${bytesPerSecond} B/s\n`)
}

async function set(admin: Admin, brokers: Iterable<number>, names: readonly string[], rate: number): Promise<void> {
  const changes = names.map(name => ({ name, value: String(rate) }))
  for (const id of brokers) await alterConfigs(admin, { type: 'broker', name: String(id) }, changes)
}

/** Removes the throttles of all brokers, and gives whose they were: a broker that a partition has left is not in the plan any more, and keeps its rate otherwise. */
export async function clearThrottles(
  admin: Admin,
  plan: readonly PlannedPartition[],
  say: (line: string) => void,
): Promise<{ readonly brokers: readonly number[]; readonly topics: readonly string[] }> {
  const there = (await admin.brokers()).map(({ nodeId }) => nodeId)
  const brokers = [...new Set([...there, ...plan.flatMap(({ replicas }) => replicas)])].sort((a, b) => a - b)
  const topics = [...new Set(plan.map(({ topic }) => topic))]
  say(`Clearing broker-level throttles on broker${brokers.length === 1 ? '' : 's'} ${brokers.join(',')}\n`)
  const gone = (names: readonly string[]) => names.map(name => ({ name, value: null }))
  for (const id of brokers) await alterConfigs(admin, { type: 'broker', name: String(id) }, gone([...rates, dirRate]))
  say(`Clearing topic-level throttles on topic${topics.length === 1 ? '' : 's'} ${topics.join(',')}\n`)
  for (const name of topics) await alterConfigs(admin, { type: 'topic', name }, gone(ofTopics))
  return { brokers, topics }
}
