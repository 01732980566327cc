/** `ottla kafka-topics --describe`. */

import { configSources } from '../../../protocol/config-sources.ts'
import type { Admin } from '../../admin/admin.ts'
import { type DescribedConfig, describeConfigs } from '../../admin/configs.ts'
import { type DescribedPartition, type DescribedTopic, describeTopics } from '../../admin/topics.ts'
import type { Io } from '../io.ts'
import type { Given } from './tool.ts'
import { topicsMeant } from './topics-meant.ts'
import type { TopicsOption } from './topics-options.ts'

/** Prints the topics that are meant, in the columns of Kafka's tool. */
export async function describe(admin: Admin, given: Given<TopicsOption>, io: Io): Promise<void> {
  const names = (await topicsMeant(admin, given)).map(({ name }) => name)
  const json: object[] = []
  for (const topic of names.length === 0 ? [] : await describeTopics(admin, names)) {
    const configs = await describeConfigs(admin, { type: 'topic', name: topic.name })
    const shown = shownOf(topic, configs, given)
    if (given.has('json')) json.push(...objectsOf(shown))
    else io.stdout.write(linesOf(shown).join(''))
  }
  if (given.has('json')) io.stdout.write(`${JSON.stringify(json)}\n`)
}

/** What is told of a topic. */
interface Shown {
  readonly topic: DescribedTopic
  /** Its settings, where the topic itself is asked for. */
  readonly own: readonly DescribedConfig[] | null
  readonly partitions: readonly DescribedPartition[]
}

function shownOf(topic: DescribedTopic, configs: readonly DescribedConfig[], given: Given<TopicsOption>): Shown {
  const own = configs.filter(
    ({ configSource }) =>
      configSource !== configSources.DEFAULT_CONFIG && configSource !== configSources.STATIC_BROKER_CONFIG,
  )
  if (given.has('topics-with-overrides')) return { topic, own: own.length > 0 ? own : null, partitions: [] }
  const minInsync = Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1)
  const filter = filterOf(given, minInsync)
  if (filter === null) return { topic, own, partitions: topic.partitions }
  return { topic, own: null, partitions: topic.partitions.filter(filter) }
}

function linesOf({ topic, own, partitions }: Shown): string[] {
  const lines = partitions.map(partition => lineOf(topic.name, partition))
  if (own === null) return lines
  const configs = own.map(({ name, value }) => `${name}=${value}`).join(',')
  const head = `Topic: ${topic.name}\tTopicId: ${topic.topicId}\tPartitionCount: ${topic.partitions.length}\tReplicationFactor: ${replicationFactorOf(topic)}\tConfigs: ${configs}\n`
  return [head, ...lines]
}

function replicationFactorOf({ partitions: [first] }: DescribedTopic): number {
  return first?.replicas.length ?? 0
}

/** The topic with the partitions that are told of it; none where there is nothing to tell. */
function objectsOf({ topic, own, partitions }: Shown): object[] {
  if (own === null && partitions.length === 0) return []
  const { name, topicId } = topic
  return [
    {
      ...{
        topic: name,
        topicId,
        partitionCount: topic.partitions.length,
        replicationFactor: replicationFactorOf(topic),
      },
      ...(own && { configs: Object.fromEntries(own.map(config => [config.name, config.value])) }),
      partitions: partitions.map(({ index, leader, replicas, isr, eligibleLeaderReplicas: elr, lastKnownElr }) => ({
        ...{ partition: index, leader: leader < 0 ? null : leader, replicas, isr, elr, lastKnownElr },
      })),
    },
  ]
}

/** Which partitions are asked for; null for all. */
function filterOf(given: Given<TopicsOption>, minInsync: number): ((partition: DescribedPartition) => boolean) | null {
  if (given.has('under-replicated-partitions')) return ({ isr, replicas }) => isr.length < replicas.length
  if (given.has('unavailable-partitions')) return ({ leader }) => leader < 0
  if (given.has('under-min-isr-partitions')) return ({ isr }) => isr.length < minInsync
  if (given.has('at-min-isr-partitions')) return ({ isr }) => isr.length === minInsync
  return null
}

function lineOf(topic: string, partition: DescribedPartition): string {
  const list = (ids: readonly number[] | null) => (ids === null ? 'N/A' : ids.join(','))
  const { index, leader, replicas, isr, eligibleLeaderReplicas, lastKnownElr } = partition
  return `\tTopic: ${topic}\tPartition: ${index}\tLeader: ${leader < 0 ? 'none' : leader}\tReplicas: ${list(replicas)}\tIsr: ${list(isr)}\tElr: ${list(eligibleLeaderReplicas)}\tLastKnownElr: ${list(lastKnownElr)}\n`
}
