/** Who leads a partition, and who is in sync with it, moved on purpose in the metadata, as the controller would. */
import { partitionStateChanges } from '../../cluster/changes.ts'
import { topicKey } from '../../cluster/stored.ts'
import type { BrokerConfig } from '../../config/config.ts'
import { nextState } from '../../controller/partition-state.ts'
import { electionRules, electorateOf } from '../../controller/reconcile.ts'
import type { Planning } from '../../metadata/change-isr.ts'
import type { Cluster } from '../../metadata/cluster.ts'
import { controllerRules } from '../../metadata/controller-rules.ts'

type Change = ReturnType<typeof nextState>

/** Has a broker lead a partition. Throws RangeError where it cannot, as it is away or not in sync. */
export async function moveLeader(
  cluster: Cluster,
  config: BrokerConfig,
  topic: string,
  index: number,
  broker: number,
): Promise<void> {
  await cluster.changeBy(
    planning(topic, index, (partition, image, of) => {
      const { replicas, isr, leader } = partition
      if (leader === broker) return null
      // As if it were meant to lead.
      const asked = { ...partition, replicas: [broker, ...replicas.filter(id => id !== broker)] }
      const rules = electionRules(image, of, controllerRules(config), 'preferred')
      const state = replicas.includes(broker) ? nextState(asked, electorateOf(image), rules) : null
      if (state?.leader !== broker) {
        throw new RangeError(`broker ${broker} cannot lead ${topic}-${index}: in sync are ${isr.join(', ') || 'none'}`)
      }
      return { ...state, replicas }
    }),
  )
}

/** Takes a follower out of the in-sync replicas of a partition. Throws RangeError where it is no follower. */
export async function leaveIsr(
  cluster: Cluster,
  config: BrokerConfig,
  topic: string,
  index: number,
  broker: number,
): Promise<void> {
  await cluster.changeBy(
    planning(topic, index, (partition, image, of) => {
      const { leader, isr } = partition
      if (leader === broker) throw new RangeError(`broker ${broker} leads ${topic}-${index}: move the leader first`)
      if (!isr.includes(broker)) return null
      const rules = electionRules(image, of, controllerRules(config), 'online')
      return nextState(partition, electorateOf(image), rules, { isr: isr.filter(id => id !== broker) })
    }),
  )
}

type Image = Cluster['image']
type Topic = NonNullable<ReturnType<Image['topics']['get']>>

function planning(
  name: string,
  index: number,
  next: (partition: Topic['partitions'][number], image: Image, topic: Topic) => Change,
): Planning<void> {
  return image => {
    const topic = image.topics.get(name)
    const partition = topic?.partitions[index]
    if (topic === undefined || partition === undefined) throw new RangeError(`there is no partition ${name}-${index}`)
    const state = next(partition, image, topic)
    const changes = state === null ? [] : partitionStateChanges([{ topic, index, state }], image.starts)
    return { changes, restsOn: state === null ? [] : [topicKey(name)], result: undefined }
  }
}
