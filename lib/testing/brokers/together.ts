/** Several brokers as one: of a partition its leader is asked, of a group its coordinator. */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { Composition } from '../../composition.ts'
import { offsetsTopic } from '../../coordination/groups.ts'
import type { Partition } from '../../partitions/partition.ts'
import type { KitServices } from '../services.ts'

/** Those that run; at least one. Throws KafkaError where none does. */
export type Running = () => readonly Composition[]

/** What is asked of all of them. `settled` resolves once each knows what the first knows of a topic, and somebody leads each partition. */
export function together(running: Running, settled: (topic: string) => Promise<void>): KitServices {
  const first = () => firstOf(running())
  const leaderOf = (topic: string, index: number): Composition | undefined => {
    const leader = first().services.cluster.image.topics.get(topic)?.partitions[index]?.leader
    return running().find(({ nodeId }) => nodeId === leader)
  }
  const ledOf = (topic: string, index: number): Partition => {
    const partition = leaderOf(topic, index)?.services.partitions.get(topic, index)
    if (partition !== undefined) return partition
    throw new KafkaError(codes.LEADER_NOT_AVAILABLE, `${topic}-${index} has no leader that runs`)
  }
  const coordinatorOf = (groupId: string) => {
    const { groups } = first().services
    return (leaderOf(offsetsTopic, groups.partitionOf(groupId)) ?? first()).services.groups
  }
  return {
    cluster: {
      get image() {
        return first().services.cluster.image
      },
      autoCreateTopic: async name => {
        const topic = await first().services.cluster.autoCreateTopic(name)
        await settled(name)
        return topic
      },
    },
    partitions: {
      get: (topic, index) =>
        first().services.cluster.image.topics.get(topic)?.partitions[index] === undefined
          ? undefined
          : ledOf(topic, index),
      ofTopic: topic =>
        first()
          .services.cluster.image.topics.get(topic)
          ?.partitions.map(({ index }) => ledOf(topic, index)),
      topicNameOf: topicId => first().services.partitions.topicNameOf(topicId),
    },
    groups: {
      read: (groupId, refusal, question) => coordinatorOf(groupId).read(groupId, refusal, question),
      write: (groupId, refusal, operation) => coordinatorOf(groupId).write(groupId, refusal, operation),
    },
    get config() {
      return first().services.config
    },
    get clock() {
      return first().services.clock
    },
  }
}

function firstOf(running: readonly Composition[]): Composition {
  const [first] = running
  if (first === undefined) throw new KafkaError(codes.BROKER_NOT_AVAILABLE, 'no broker of the cluster runs')
  return first
}
