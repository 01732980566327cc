/**
 * Where things stand in the metadata store, and what their values say: JSON, so that people can read them with the
 * store's own tools.
 *
 *     cluster                            { clusterId }
 *     topics/<name>                      { topicId, replicas: [[1], [1]], made }     the replicas of each partition, and what its epoch counts from
 *     partitions/<topicId>/<index>       { leader, leaderEpoch, starts, partitionEpoch, isr, offlineReplicas }     only once it differs from how it began
 *     configs/<kind>/<name>              { "retention.ms": "1000" }
 *     brokers/<id>                       { epoch, rack, endpoints, previousEpoch, features, logDirs, state }     as long as the broker lives
 *     endpoints/<id>                     [{ listener, host, port, securityProtocol }]     where it was last reached, until it is unregistered
 *     starts/<id>                        { count }     how often the broker has started, which is the epoch of its last run
 *     admitted/<id>                      { epoch, rack }     the run that the controller has dealt with, until the broker is unregistered
 *     leaders/controller                 the node id of the controller
 *     producer-ids                       { next }
 *     features                           { "transaction.version": 1 }     levels that were chosen
 *     scram/<mechanism>/<user>           { iterations, salt, storedKey, serverKey }     what is kept of a password, by Kafka's number of the mechanism
 *     tokens/<id>                        { owner, requester, renewers, issueTimestamp, maxTimestamp, expiryTimestamp }     a delegation token, without what makes it good
 *     quotas/<the entity as JSON>        { "producer_byte_rate": 1024 }     quotas of a user, a client, both, or an address; [["client-id",null],["user","alice"]]
 *     acls/<the rule as JSON>            {}     an access rule; ["topic","prefixed","orders-","User:alice","*","read","allow"]
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from './brokers.ts'
import type { PartitionsMade } from './leader-epochs.ts'

/** One key that is written, or deleted where the value is null. */
export interface StoredChange {
  readonly key: string
  readonly value: string | null
}

/** All keys with a prefix are deleted. */
export interface StoredDeletion {
  readonly prefix: string
  readonly value: null
}

export interface StoredTopic {
  readonly topicId: string
  readonly replicas: readonly (readonly number[])[]
  /** Left out by builds that did not count starts. */
  readonly made?: readonly PartitionsMade[]
}

export interface StoredPartition {
  readonly leader: number
  /** The epoch when the leader had started `starts` times. */
  readonly leaderEpoch: number
  /** Left out where it had never started. */
  readonly starts?: number
  readonly partitionEpoch: number
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
  /** These are left out where there are none. */
  readonly elr?: readonly number[]
  readonly lastKnownElr?: readonly number[]
  readonly recovering?: boolean
  readonly addingReplicas?: readonly number[]
  readonly removingReplicas?: readonly number[]
}

/** What a broker says of itself; 'starting' until it can serve. */
export interface StoredBroker extends Omit<BrokerImage, 'id' | 'state' | 'says'> {
  readonly state: NonNullable<BrokerImage['says']>
}

export interface StoredAdmission {
  readonly epoch: number
  /** Left out where there is none, and by builds that placed nothing on brokers that are away. */
  readonly rack?: string
}

export interface StoredStarts {
  readonly count: number
}

/** What settings may belong to. */
export type ConfigKind = 'topic' | 'broker' | 'group' | 'client-metrics'

export const clusterKey = 'cluster'
export const producerIdsKey = 'producer-ids'
export const featuresKey = 'features'
export const controllerLeader = 'controller'

export function topicKey(name: string): string {
  return `topics/${name}`
}

export function partitionKey(topicId: string, index: number): string {
  return `${partitionsPrefix(topicId)}${index}`
}

/** What the keys of a topic's partitions begin with. */
export function partitionsPrefix(topicId: string): string {
  return `partitions/${topicId}/`
}

export function configKey(kind: ConfigKind, name: string): string {
  return `configs/${kind}/${name}`
}

export function brokerKey(id: number): string {
  return `brokers/${id}`
}

export function admittedKey(id: number): string {
  return `admitted/${id}`
}

/** Where a broker was last reached. */
export function endpointsKey(id: number): string {
  return `endpoints/${id}`
}

export function startsKey(id: number): string {
  return `starts/${id}`
}

/** A key taken apart: its first part, and what follows. */
export function splitKey(key: string): readonly [kind: string, rest: string] {
  const slash = key.indexOf('/')
  return slash < 0 ? [key, ''] : [key.slice(0, slash), key.slice(slash + 1)]
}

/** The value behind a key. Throws where it is not what this broker wrote there. */
export function readStored<T>(key: string, value: string): T {
  try {
    return JSON.parse(value) as T
  } catch {
    throw new KafkaError(codes.UNKNOWN_SERVER_ERROR, `the metadata under ${key} is not JSON: ${value.slice(0, 80)}`)
  }
}

export function writeStored(value: StoredTopic | StoredPartition | StoredBroker | object): string {
  return JSON.stringify(value)
}

/** Settings as stored; an empty set is no key at all. */
export function storedConfigs(kind: ConfigKind, name: string, configs: ReadonlyMap<string, string>): StoredChange {
  const sorted = Object.fromEntries([...configs].sort(([a], [b]) => (a < b ? -1 : 1)))
  return { key: configKey(kind, name), value: configs.size === 0 ? null : JSON.stringify(sorted) }
}
