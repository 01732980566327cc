/** Makes the topics that a broker is to have from its start on. Those that are there are left as they are. */
import { codes } from '../../protocol/errors.ts'
import type { Logger } from '../base/logger.ts'
import { placesOf } from '../cluster/image.ts'
import type { BrokerConfig } from '../config/config.ts'
import type { Cluster } from '../metadata/cluster.ts'
import { ContentsError } from './contents-error.ts'
import type { StartTopic } from './topic-text.ts'

/** Resolves once all of them are there. Rejects with ContentsError; those before the bad one are made then. */
export async function makeTopics(
  topics: readonly StartTopic[],
  { cluster, config, logger }: { cluster: Cluster; config: BrokerConfig; logger: Logger },
): Promise<void> {
  const missing = topics.filter(topic => !isThere(topic, cluster, logger))
  if (missing.length === 0) return
  const results = await cluster.createTopics(missing.map(topic => requestOf(topic, cluster, config)))
  for (const { name, errorCode, errorMessage } of results) {
    // Another broker may have been quicker.
    if (errorCode === codes.NONE || errorCode === codes.TOPIC_ALREADY_EXISTS) continue
    throw new ContentsError(
      `the topic ${name} cannot be made: ${errorMessage}; change what is asked of it at the start`,
    )
  }
}

function isThere({ name, partitions }: StartTopic, cluster: Cluster, logger: Logger): boolean {
  const topic = cluster.image.topics.get(name)
  if (topic === undefined) return false
  const has = topic.partitions.length
  if (partitions !== null && partitions > has) {
    const more = `kafka-topics.sh --alter --topic ${name} --partitions ${partitions} gives it more`
    logger.warn(`the topic ${name} is there already and is left as it is, with ${has} partitions; ${more}`)
  }
  return true
}

function requestOf({ name, partitions, configs }: StartTopic, cluster: Cluster, config: BrokerConfig) {
  // As with topics of the broker's own: fewer brokers than replicas are no reason to make none.
  const brokers = placesOf(cluster.image).length
  const replicationFactor = Math.max(1, Math.min(config.get('default.replication.factor'), brokers))
  return {
    name,
    numPartitions: partitions ?? -1,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
  }
}
