/**
 * Topics asked for → topics to make, enlarge or delete, or the reason why not. Nothing happens here: the plans are put
 * into the metadata store by the caller.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { CreatePartitionsRequest } from '../../protocol/messages/create-partitions.ts'
import type { CreateTopicsRequest } from '../../protocol/messages/create-topics.ts'
import type { DeleteTopicsRequest } from '../../protocol/messages/delete-topics.ts'
import { type BrokerPlace, placesOf } from './brokers.ts'
import type { ClusterImage, TopicImage } from './image.ts'
import { type PartitionsMade, withPartitionsMade } from './leader-epochs.ts'
import { placeReplicas } from './placement.ts'
import { collisionForm, mayCollide, metadataTopicName, topicNameError } from './topic-names.ts'
import { checkNewTopic, checkPartitions, type TopicPolicy } from './topic-policy.ts'

export type TopicToCreate = CreateTopicsRequest['topics'][number]
export type TopicToEnlarge = CreatePartitionsRequest['topics'][number]
export type TopicToDelete = DeleteTopicsRequest['topics'][number]

/** New partitions of one request: as many as Kafka takes at once, so that a slip of the hand does not fill the disk. */
export const partitionsPerRequestMax = 10_000

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

/** What the plans depend on besides the image. */
export interface TopicRules {
  /** Where -1 is asked for. */
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly deleteEnabled: boolean
  /** A new topic id. */
  readonly newTopicId: () => string
  /** A whole number from 0 up to, not including, `max`. */
  readonly randomInt: (max: number) => number
  /** How often brokers had started when the epochs of new partitions began; as often as they have now, where nothing is said. */
  readonly countsSince?: ReadonlyMap<number, number>
  /** Throws KafkaError where a topic may not have these settings. */
  readonly checkConfigs: (configs: ReadonlyMap<string, string>) => void
  /** What topics of clients have to keep to; whatever can be made is allowed where nothing is said. */
  readonly policy?: TopicPolicy
}

export interface PlannedTopic {
  readonly topicId: string
  readonly name: string
  /** Replicas by partition. */
  readonly replicas: readonly (readonly number[])[]
  readonly made: readonly PartitionsMade[]
  readonly configs: ReadonlyMap<string, string>
}

/** What becomes of one item of a request. */
export type Plan<T> =
  | { readonly name: string; readonly plan: T; readonly error: null }
  | { readonly name: string; readonly plan: null; readonly error: KafkaError }

/** One answer for each name, in the order of first mention. */
export function planTopics(
  image: ClusterImage,
  requests: readonly TopicToCreate[],
  rules: TopicRules,
): Plan<PlannedTopic>[] {
  const forms = collisionForms(image, requests)
  const areTooMany = tooManyTogether(requests, request => partitionsAsked(request, rules))
  return onceByName(requests, request => {
    if (areTooMany) throw tooManyPartitions()
    checkName(request.name, image, forms)
    const topic = planTopic(image, request, rules)
    // What is planned counts as taken for those that follow.
    if (mayCollide(request.name)) forms.set(collisionForm(request.name), request.name)
    return topic
  })
}

/** Whether requests ask for more than one may: then for none of them, as nobody can say which was the slip. Names that are refused as repeated do not count. */
function tooManyTogether<R extends { readonly name: string }>(
  requests: readonly R[],
  partitionsOf: (request: R) => number,
): boolean {
  const byName = new Map<string, number>()
  for (const request of requests) {
    byName.set(request.name, byName.has(request.name) ? 0 : Math.max(0, partitionsOf(request)))
  }
  let partitions = 0
  for (const count of byName.values()) partitions += count
  return partitions > partitionsPerRequestMax
}

/** Calls `plan` for each name, and answers INVALID_REQUEST for those that are asked for twice. */
function onceByName<R extends { readonly name: string }, T>(
  requests: readonly R[],
  plan: (request: R) => T,
): Plan<T>[] {
  const counts = new Map<string, number>()
  for (const { name } of requests) counts.set(name, (counts.get(name) ?? 0) + 1)
  const plans: Plan<T>[] = []
  for (const request of requests) {
    const { name } = request
    const count = counts.get(name)
    if (count === undefined) continue
    counts.delete(name)
    try {
      if (count > 1) throw new KafkaError(codes.INVALID_REQUEST, `${name} is asked for ${count} times in one request`)
      plans.push({ name, plan: plan(request), error: null })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      plans.push({ name, plan: null, error })
    }
  }
  return plans
}

function checkName(name: string, image: ClusterImage, forms: ReadonlyMap<string, string>): void {
  if (name === metadataTopicName) {
    throw new KafkaError(codes.INVALID_REQUEST, `${metadataTopicName} is the cluster's own and cannot be made`)
  }
  const wrong = topicNameError(name)
  if (wrong !== null) throw new KafkaError(codes.INVALID_TOPIC_EXCEPTION, wrong)
  if (image.topics.has(name)) throw new KafkaError(codes.TOPIC_ALREADY_EXISTS, `topic ${name} exists`)
  const other = mayCollide(name) ? forms.get(collisionForm(name)) : undefined
  if (other !== undefined) {
    throw new KafkaError(
      codes.INVALID_TOPIC_EXCEPTION,
      `${name} collides with ${other}: names that differ only in '.' and '_' share their metrics`,
    )
  }
}

/** Existing names by what they share with names that differ only in '.' and '_'. */
function collisionForms(image: ClusterImage, requests: readonly TopicToCreate[]): Map<string, string> {
  const forms = new Map<string, string>()
  if (!requests.some(({ name }) => mayCollide(name))) return forms
  for (const name of image.topics.keys()) if (mayCollide(name)) forms.set(collisionForm(name), name)
  return forms
}

function planTopic(image: ClusterImage, request: TopicToCreate, rules: TopicRules): PlannedTopic {
  const replicas = request.assignments.length > 0 ? assignedByHand(image, request) : placed(image, request, rules)
  const configs = new Map<string, string>()
  for (const { name, value } of request.configs) {
    if (value === null) {
      throw new KafkaError(codes.INVALID_CONFIG, `${name} has no value: leave it out to follow the broker`)
    }
    configs.set(name, value)
  }
  rules.checkConfigs(configs)
  if (rules.policy) checkNewTopic(rules.policy, request.name, replicas, configs)
  const made = withPartitionsMade([], 0, replicas, rules.countsSince ?? image.starts, isActiveIn(image))
  return { topicId: rules.newTopicId(), name: request.name, replicas, made, configs }
}

function partitionsAsked({ numPartitions, assignments }: TopicToCreate, rules: TopicRules): number {
  if (assignments.length > 0) return assignments.length
  return numPartitions === -1 ? rules.numPartitions : numPartitions
}

function placed(image: ClusterImage, request: TopicToCreate, rules: TopicRules): number[][] {
  const partitions = partitionsAsked(request, rules)
  const replicationFactor = request.replicationFactor === -1 ? rules.replicationFactor : request.replicationFactor
  if (replicationFactor <= 0) {
    throw new KafkaError(
      codes.INVALID_REPLICATION_FACTOR,
      `a replication factor of ${replicationFactor} is not possible: take at least 1, or -1 for the broker's default`,
    )
  }
  if (partitions <= 0) {
    throw new KafkaError(
      codes.INVALID_PARTITIONS,
      `${partitions} partitions are not possible: take at least 1, or -1 for the broker's default`,
    )
  }
  return placeReplicas(...placesFor(image, replicationFactor, partitions, rules))
}

/** The brokers that may be given new replicas. One that shuts down is given none. */
function placesFor(
  image: ClusterImage,
  replicationFactor: number,
  partitions: number,
  { randomInt }: Pick<TopicRules, 'randomInt'>,
): Parameters<typeof placeReplicas> {
  const isGoing = (id: number) => image.brokers.some(broker => broker.id === id && broker.state === 'shuttingDown')
  const places = placesOf(image).filter(({ id }) => !isGoing(id))
  const active = places.filter(({ isActive }) => isActive).length
  if (active === 0) {
    throw new KafkaError(
      codes.INVALID_REPLICATION_FACTOR,
      `a replication factor of ${replicationFactor} is not possible now: no broker takes part`,
    )
  }
  if (replicationFactor > places.length) {
    throw new KafkaError(
      codes.INVALID_REPLICATION_FACTOR,
      `a replication factor of ${replicationFactor} is more than the ${places.length} broker(s) that are registered`,
    )
  }
  return [places, partitions, replicationFactor, randomInt(active)]
}

function isActiveIn(image: ClusterImage): (id: number) => boolean {
  const active = new Set(placesOf(image).flatMap(({ id, isActive }) => (isActive ? [id] : [])))
  return id => active.has(id)
}

function tooManyPartitions(): KafkaError {
  return new KafkaError(
    codes.POLICY_VIOLATION,
    `more than ${partitionsPerRequestMax} partitions in one request: make them in several`,
  )
}

function assignedByHand(image: ClusterImage, request: TopicToCreate): number[][] {
  if (request.replicationFactor !== -1) {
    throw new KafkaError(
      codes.INVALID_REQUEST,
      'a replication factor and an assignment by hand exclude each other: set it to -1',
    )
  }
  if (request.numPartitions !== -1) {
    throw new KafkaError(
      codes.INVALID_REQUEST,
      'a number of partitions and an assignment by hand exclude each other: set it to -1',
    )
  }
  const places = placesOf(image)
  const replicas: number[][] = []
  for (const { partitionIndex, brokerIds } of request.assignments) {
    if (replicas[partitionIndex] !== undefined) throw badAssignment(`partition ${partitionIndex} is assigned twice`)
    if (partitionIndex < 0 || partitionIndex >= request.assignments.length) {
      throw badAssignment('the partitions are not numbered from 0 without gaps')
    }
    checkReplicas(places, brokerIds)
    replicas[partitionIndex] = brokerIds
  }
  checkSameSize(replicas, replicas[0]!.length)
  return replicas
}

function badAssignment(message: string): KafkaError {
  return new KafkaError(codes.INVALID_REPLICA_ASSIGNMENT, message)
}

function checkReplicas(places: readonly BrokerPlace[], brokerIds: readonly number[]): void {
  if (brokerIds.length === 0) throw badAssignment('a partition is assigned to no broker')
  if (new Set(brokerIds).size < brokerIds.length)
    throw badAssignment(`a broker stands twice in ${brokerIds.join(', ')}`)
  for (const id of brokerIds) {
    if (!places.some(place => place.id === id)) throw badAssignment(`there is no broker ${id}`)
  }
  if (!places.some(({ id, isActive }) => isActive && brokerIds.includes(id))) {
    throw badAssignment(`none of the brokers ${brokerIds.join(', ')} takes part now`)
  }
}

function checkSameSize(replicas: readonly (readonly number[])[], size: number): void {
  if (replicas.some(({ length }) => length !== size)) {
    throw badAssignment(`every partition needs the same number of replicas, here ${size}`)
  }
}

/** A topic with more partitions than it has. */
export interface PlannedPartitions {
  readonly topic: TopicImage
  /** Replicas of all partitions, the old ones first. */
  readonly replicas: readonly (readonly number[])[]
  readonly made: readonly PartitionsMade[]
}

/** One answer for each name, in the order of first mention. */
export function planPartitions(
  image: ClusterImage,
  requests: readonly TopicToEnlarge[],
  rules: Pick<TopicRules, 'randomInt' | 'countsSince' | 'policy'>,
): Plan<PlannedPartitions>[] {
  const areTooMany = tooManyTogether(requests, ({ name, count }) => {
    const topic = image.topics.get(name)
    return topic === undefined ? 0 : count - topic.partitions.length
  })
  return onceByName(requests, request => {
    if (areTooMany) throw tooManyPartitions()
    const topic = image.topics.get(request.name)
    if (topic === undefined) throw unknownTopic()
    const planned = enlarged(image, topic, request, rules)
    if (rules.policy) checkPartitions(rules.policy, request.name, request.count)
    const counts = rules.countsSince ?? image.starts
    const made = withPartitionsMade(topic.made, topic.partitions.length, planned, counts, isActiveIn(image))
    return { topic, replicas: [...topic.partitions.map(({ replicas }) => replicas), ...planned], made }
  })
}

function unknownTopic(): KafkaError {
  return new KafkaError(codes.UNKNOWN_TOPIC_OR_PARTITION, 'there is no such topic')
}

function enlarged(
  image: ClusterImage,
  topic: TopicImage,
  { count, assignments }: TopicToEnlarge,
  rules: Pick<TopicRules, 'randomInt'>,
): number[][] {
  const present = topic.partitions.length
  if (count === present) {
    throw new KafkaError(codes.INVALID_PARTITIONS, `topic ${topic.name} has ${present} partition(s) already`)
  }
  if (count < present) {
    throw new KafkaError(
      codes.INVALID_PARTITIONS,
      `topic ${topic.name} has ${present} partition(s), which cannot become ${count}: partitions are only added`,
    )
  }
  const added = count - present
  const replicationFactor = topic.partitions[0]!.replicas.length
  if (assignments === null) {
    return placeReplicas(...placesFor(image, replicationFactor, added, rules))
  }
  if (assignments.length !== added) {
    throw badAssignment(`${added} partition(s) are added and ${assignments.length} assigned`)
  }
  const replicas = assignments.map(({ brokerIds }) => brokerIds)
  const places = placesOf(image)
  for (const brokerIds of replicas) checkReplicas(places, brokerIds)
  checkSameSize(replicas, replicationFactor)
  return replicas
}

/** What becomes of one topic that is to be deleted; name and id as far as they are known. */
export interface DeletionPlan {
  readonly name: string | null
  readonly topicId: string
  readonly topic: TopicImage | null
  readonly error: KafkaError | null
}

/** One answer for each item, by name or by id. What is meant more than once is refused, and stays. */
export function planDeletions(
  image: ClusterImage,
  requests: readonly Deletion[],
  rules: Pick<TopicRules, 'deleteEnabled'>,
): DeletionPlan[] {
  const itemKey = ({ name, topicId }: Deletion) => `${name}/${topicId}`
  const distinct = [...new Map(requests.map(request => [itemKey(request), request])).values()]
  const mentions = new Map<TopicImage | string, number>()
  for (const request of requests) {
    const topic = meant(image, request) ?? itemKey(request)
    mentions.set(topic, (mentions.get(topic) ?? 0) + 1)
  }
  return distinct.map(request => {
    try {
      if (mentions.get(meant(image, request) ?? itemKey(request))! > 1) {
        throw new KafkaError(codes.INVALID_REQUEST, 'this topic is named more than once in one request')
      }
      const topic = deletable(image, request, rules)
      return { name: topic.name, topicId: topic.topicId, topic, error: null }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return { ...request, topic: null, error }
    }
  })
}

type Deletion = Pick<TopicToDelete, 'name' | 'topicId'>

function meant(image: ClusterImage, { name, topicId }: Deletion): TopicImage | undefined {
  return name === null ? image.topicsById.get(topicId) : image.topics.get(name)
}

function deletable(
  image: ClusterImage,
  request: Deletion,
  { deleteEnabled }: Pick<TopicRules, 'deleteEnabled'>,
): TopicImage {
  const { name, topicId } = request
  if (!deleteEnabled) throw new KafkaError(codes.TOPIC_DELETION_DISABLED, 'delete.topic.enable is false in the broker')
  if (name === null && topicId === zeroId) {
    throw new KafkaError(codes.INVALID_REQUEST, 'neither name nor id of the topic is given')
  }
  if (name !== null && topicId !== zeroId) {
    throw new KafkaError(codes.INVALID_REQUEST, 'a topic is deleted by its name or by its id, not by both')
  }
  const topic = meant(image, request)
  if (topic !== undefined) return topic
  throw name === null ? new KafkaError(codes.UNKNOWN_TOPIC_ID, 'there is no topic with this id') : unknownTopic()
}
