/** How a topic is made that is used before it is there; those in which the broker keeps its own state have settings of their own. */

import { healthGroupsTopic, healthTopic } from '../cluster/topic-names.ts'
import type { TopicToCreate } from '../cluster/topics.ts'
import type { BrokerConfig } from '../config/config.ts'

/** The smallest segment that a topic may have. */
const healthBytesMax = 1024 * 1024

/** What is asked of the controller when this topic is used and not there. */
export function topicOnFirstUse(name: string, config: BrokerConfig, brokers: number): TopicToCreate {
  // Fewer brokers than the replicas asked for is no reason to serve no groups at all: a cluster of one is a cluster.
  const atMost = (replicas: number) => Math.max(1, Math.min(replicas, brokers))
  switch (name) {
    case '__consumer_offsets':
      return request(
        name,
        config.get('offsets.topic.num.partitions'),
        atMost(config.get('offsets.topic.replication.factor')),
        {
          'cleanup.policy': 'compact',
          'compression.type': 'producer',
          'segment.bytes': String(config.get('offsets.topic.segment.bytes')),
        },
      )
    case '__transaction_state': {
      const replicas = atMost(config.get('transaction.state.log.replication.factor'))
      return request(name, config.get('transaction.state.log.num.partitions'), replicas, {
        'cleanup.policy': 'compact',
        'compression.type': 'uncompressed',
        'min.insync.replicas': String(Math.min(config.get('transaction.state.log.min.isr'), replicas)),
        'segment.bytes': String(config.get('transaction.state.log.segment.bytes')),
        'unclean.leader.election.enable': 'false',
      })
    }
    case '__share_group_state': {
      const replicas = atMost(config.get('share.coordinator.state.topic.replication.factor'))
      return request(name, config.get('share.coordinator.state.topic.num.partitions'), replicas, {
        'cleanup.policy': 'delete',
        'compression.type': 'uncompressed',
        'min.insync.replicas': String(Math.min(config.get('share.coordinator.state.topic.min.isr'), replicas)),
        'retention.ms': '-1',
        'segment.bytes': String(config.get('share.coordinator.state.topic.segment.bytes')),
      })
    }
    // A check every few seconds for years takes no more than this.
    case healthTopic:
    case healthGroupsTopic:
      return request(name, 1, 1, {
        'cleanup.policy': 'delete',
        'min.insync.replicas': '1',
        'retention.bytes': String(healthBytesMax),
        'segment.bytes': String(healthBytesMax),
      })
    default:
      return request(name, -1, -1, {})
  }
}

function request(
  name: string,
  numPartitions: number,
  replicationFactor: number,
  settings: Readonly<Record<string, string>>,
): TopicToCreate {
  const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
  return { name, numPartitions, replicationFactor, assignments: [], configs }
}
