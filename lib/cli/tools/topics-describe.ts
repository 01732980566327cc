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
  if (names.length === 0) return
  for (const topic of await describeTopics(admin, names)) {
    const configs = await describeConfigs(admin, { type: 'topic', name: topic.name })
    io.stdout.write(
      linesOf(topic, configs, given)
        .map(line => `${line}\n`)
        .join(''),
    )
  }
}

function linesOf(topic: DescribedTopic, configs: readonly DescribedConfig[], given: Given<TopicsOption>): string[] {
  const own = configs
    .filter(
      ({ configSource }) =>
        configSource !== configSources.DEFAULT_CONFIG && configSource !== configSources.STATIC_BROKER_CONFIG,
    )
    .map(({ name, value }) => `${name}=${value}`)
  const head = `Topic: ${topic.name}\tTopicId: ${topic.topicId}\tPartitionCount: ${topic.partitions.length}\tReplicationFactor: ${topic.partitions[0]?.replicas.length ?? 0}\tConfigs: ${own.join(',')}`
  if (given.has('topics-with-overrides')) return own.length > 0 ? [head] : []
  const minInsync = Number(configs.find(({ name }) => name === 'min.insync.replicas')?.value ?? 1)
  const filter = filterOf(given, minInsync)
  const partitions = topic.partitions.filter(filter ?? (() => true)).map(partition => lineOf(topic.name, partition))
  return filter === null ? [head, ...partitions] : partitions
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
  return `\tTopic: ${topic}\tPartition: ${index}\tLeader: ${leader < 0 ? 'none' : leader}\tReplicas: ${list(replicas)}\tIsr: ${list(isr)}\tElr: ${list(eligibleLeaderReplicas)}\tLastKnownElr: ${list(lastKnownElr)}`
}
