/** What topics of clients have to keep to in this cluster, as in the place of a policy of one's own in Java. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { isHiddenTopic, isInternalTopic } from './topic-names.ts'

export interface TopicPolicy {
  /** Null where any name will do. */
  readonly namePattern: RegExp | null
  readonly partitionsMax: number
  readonly replicationFactorMin: number
  readonly replicationFactorMax: number
  /** Settings that a topic must have, each with the only value that will do, or null for any. */
  readonly requiredConfigs: ReadonlyMap<string, string | null>
}

/** Throws KafkaError where clients may not make such a topic. The broker's own topics are made as it needs them. */
export function checkNewTopic(
  policy: TopicPolicy,
  name: string,
  replicas: readonly (readonly number[])[],
  configs: ReadonlyMap<string, string>,
): void {
  if (isOwn(name)) return
  if (policy.namePattern !== null && !policy.namePattern.test(name)) {
    throw violation(`${name} is no name for a topic here: it has to match ${policy.namePattern.source}`)
  }
  checkPartitions(policy, name, replicas.length)
  const { replicationFactorMin: min, replicationFactorMax: max } = policy
  const replicationFactor = replicas[0]!.length
  if (replicationFactor < min || replicationFactor > max) {
    const allowed = replicationFactor < min ? `at least ${min}` : `at most ${max}`
    throw violation(`${name} with a replication factor of ${replicationFactor} is not allowed: take ${allowed}`)
  }
  for (const [config, value] of policy.requiredConfigs) {
    const given = configs.get(config)?.trim()
    if (given !== undefined && (value === null || given === value)) continue
    const wanted = value === null ? `a value of its own for ${config}` : `${config}=${value}`
    throw violation(`${name} has to be made with ${wanted}`)
  }
}

/** Throws KafkaError where clients may not enlarge a topic so far. */
export function checkPartitions({ partitionsMax }: TopicPolicy, name: string, partitions: number): void {
  if (isOwn(name) || partitions <= partitionsMax) return
  throw violation(`${name} with ${partitions} partitions is not allowed: take at most ${partitionsMax}`)
}

function isOwn(name: string): boolean {
  return isInternalTopic(name) || isHiddenTopic(name)
}

function violation(message: string): KafkaError {
  return new KafkaError(codes.POLICY_VIOLATION, message)
}
