/** Elections that an administrator asks for (ElectLeaders: KIP-183, KIP-460). Pure. */
import { codes } from '../../protocol/errors.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { isLedByPreferred, nextState } from './partition-state.ts'
import { type ControllerRules, electionRules, electorateOf, type PartitionChange } from './reconcile.ts'

/** A partition that is to have another leader. */
export interface PartitionToElect {
  readonly topic: string
  readonly index: number
}

/** What becomes of one: a change, or why there is none. */
export interface ElectionPlan extends PartitionToElect {
  readonly change: PartitionChange | null
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** One plan for each partition that is named. */
export function planElections(
  image: ClusterImage,
  partitions: readonly PartitionToElect[],
  election: 'preferred' | 'unclean',
  rules: ControllerRules,
): ElectionPlan[] {
  const electorate = electorateOf(image)
  return partitions.map(({ topic: name, index }) => {
    const refused = (errorCode: number, errorMessage: string) => ({
      ...{ topic: name, index, change: null, errorCode, errorMessage },
    })
    const topic = image.topics.get(name)
    if (topic === undefined) return refused(codes.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${name}`)
    const partition = topic.partitions[index]
    if (partition === undefined) {
      return refused(codes.UNKNOWN_TOPIC_OR_PARTITION, `No such partition as ${name}-${index}`)
    }
    const isLed = electorate.isActive(partition.leader)
    if (isLed && (election === 'unclean' || isLedByPreferred(partition))) {
      return refused(codes.ELECTION_NOT_NEEDED, 'Leader election not needed for topic partition.')
    }
    const state = nextState(partition, electorate, electionRules(image, topic, rules, election))
    const isDone = state !== null && (election === 'preferred' ? isLedByPreferred(state) : state.leader >= 0)
    if (!isDone) {
      return election === 'preferred'
        ? refused(codes.PREFERRED_LEADER_NOT_AVAILABLE, 'The preferred leader was not available.')
        : refused(codes.ELIGIBLE_LEADERS_NOT_AVAILABLE, 'Eligible topic partition leaders are not available.')
    }
    return { topic: name, index, change: { topic, index, state }, errorCode: codes.NONE, errorMessage: null }
  })
}
