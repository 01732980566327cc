/** ElectLeaders (KIP-183, KIP-460): has the preferred replica lead again, or any that is there. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/messages/elect-leaders.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import { type ElectionPlan, planAndElect } from '../metadata/elections.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'
import { checkTimeLeft } from './time-left.ts'

type PartitionResult = ElectLeadersResponse['replicaElectionResults'][number]['partitionResult'][number]

const electionTypes = { PREFERRED: 0, UNCLEAN: 1 }

/** Null asks for all partitions, of which those that need no election are left out. REQUEST_TIMED_OUT for a client that leaves no time. */
export async function electLeaders(request: ElectLeadersRequest, context: Context): Promise<ElectLeadersResponse> {
  const { electionType, topicPartitions, timeoutMs } = request
  checkClusterOperation(context, 'alter')
  if (!Object.values(electionTypes).includes(electionType)) {
    throw new KafkaError(codes.INVALID_REQUEST, `there are no elections of type ${electionType}`)
  }
  checkTimeLeft(timeoutMs, topicPartitions ?? [null])
  const all = topicPartitions === null
  const asked = topicPartitions ?? allPartitions(context)
  const named = asked.flatMap(({ topic, partitions }) => partitions.map(index => ({ topic, index })))
  const election = electionType === electionTypes.PREFERRED ? 'preferred' : 'unclean'
  const found = await planAndElect(context.broker.cluster, context.broker.config, named, election)
  const plans = found.map(plan => withDisk(plan, election, context.broker))
  let next = 0
  const replicaElectionResults = asked.map(({ topic, partitions }) => {
    const results = partitions.map((partitionId): PartitionResult => {
      const { errorCode, errorMessage } = plans[next++]!
      return { partitionId, errorCode, errorMessage }
    })
    return {
      topic,
      partitionResult: all ? results.filter(({ errorCode }) => errorCode !== codes.ELECTION_NOT_NEEDED) : results,
    }
  })
  return { throttleTimeMs: 0, errorCode: codes.NONE, replicaElectionResults }
}

function allPartitions({
  broker,
}: Context): readonly { readonly topic: string; readonly partitions: readonly number[] }[] {
  return [...broker.cluster.image.topics.values()]
    .filter(({ name }) => !isHiddenTopic(name))
    .map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map(({ index }) => index),
    }))
}

/** A sole replica whose disk has failed here leads for the cluster, and yet there is nobody to elect. */
function withDisk(
  plan: ElectionPlan,
  election: 'preferred' | 'unclean',
  { partitions }: Context['broker'],
): ElectionPlan {
  const isDiskGone = partitions.get(plan.topic, plan.index)?.standing === 'offline'
  if (!isDiskGone || plan.errorCode !== codes.ELECTION_NOT_NEEDED) return plan
  return {
    ...plan,
    errorCode: election === 'preferred' ? codes.PREFERRED_LEADER_NOT_AVAILABLE : codes.ELIGIBLE_LEADERS_NOT_AVAILABLE,
    errorMessage: 'the disk of the replica has failed',
  }
}

/** The code at the top and at each partition. */
export function refuseElectLeaders(
  { topicPartitions }: ElectLeadersRequest,
  { errorCode, errorMessage }: Refusal,
): ElectLeadersResponse {
  return {
    throttleTimeMs: 0,
    errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map(partitionId => ({ partitionId, errorCode, errorMessage })),
    })),
  }
}
