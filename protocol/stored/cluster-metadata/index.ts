/**
 * The records of `__cluster_metadata`, the log in which the controllers of Apache Kafka keep the cluster: those that say what
 * topics, settings, ids and credentials there are.
 *
 * A record has no key. Its value is three unsigned varints (version of this frame, 1; record type; version) and the fields.
 */
import { decode } from '../../codec.ts'
import { codes, KafkaError } from '../../errors.ts'
import { Reader } from '../../reader.ts'
import type { DecodedOf } from '../../schema.ts'
import { AbortTransactionRecord } from './abort-transaction-record.ts'
import { AccessControlEntryRecord } from './access-control-entry-record.ts'
import { BeginTransactionRecord } from './begin-transaction-record.ts'
import { ClientQuotaRecord } from './client-quota-record.ts'
import { ConfigRecord } from './config-record.ts'
import { DelegationTokenRecord } from './delegation-token-record.ts'
import { EndTransactionRecord } from './end-transaction-record.ts'
import { FeatureLevelRecord } from './feature-level-record.ts'
import { PartitionChangeRecord } from './partition-change-record.ts'
import { PartitionRecord } from './partition-record.ts'
import { ProducerIdsRecord } from './producer-ids-record.ts'
import { RegisterBrokerRecord } from './register-broker-record.ts'
import { RemoveAccessControlEntryRecord } from './remove-access-control-entry-record.ts'
import { RemoveDelegationTokenRecord } from './remove-delegation-token-record.ts'
import { RemoveTopicRecord } from './remove-topic-record.ts'
import { RemoveUserScramCredentialRecord } from './remove-user-scram-credential-record.ts'
import { TopicRecord } from './topic-record.ts'
import { UnregisterBrokerRecord } from './unregister-broker-record.ts'
import { UserScramCredentialRecord } from './user-scram-credential-record.ts'

/** Every record that is declared, by its name here. */
export const metadataRecords = {
  registerBroker: RegisterBrokerRecord,
  unregisterBroker: UnregisterBrokerRecord,
  topic: TopicRecord,
  partition: PartitionRecord,
  config: ConfigRecord,
  partitionChange: PartitionChangeRecord,
  removeTopic: RemoveTopicRecord,
  delegationToken: DelegationTokenRecord,
  userScramCredential: UserScramCredentialRecord,
  featureLevel: FeatureLevelRecord,
  clientQuota: ClientQuotaRecord,
  producerIds: ProducerIdsRecord,
  accessControlEntry: AccessControlEntryRecord,
  removeAccessControlEntry: RemoveAccessControlEntryRecord,
  removeUserScramCredential: RemoveUserScramCredentialRecord,
  beginTransaction: BeginTransactionRecord,
  endTransaction: EndTransactionRecord,
  abortTransaction: AbortTransactionRecord,
  removeDelegationToken: RemoveDelegationTokenRecord,
} as const

type Kinds = typeof metadataRecords
export type MetadataRecordKind = keyof Kinds

/** One record, decoded. */
export type MetadataRecord = {
  [K in MetadataRecordKind]: { readonly kind: K; readonly value: DecodedOf<Kinds[K]> }
}[MetadataRecordKind]

/**
 * The record types by their number. Null are those that only concern the controllers and brokers while they run: fences, changes
 * of registrations, no-ops, the way from ZooKeeper, controllers, and the clearing of eligible leaders.
 */
const kindsByType: readonly (MetadataRecordKind | null | undefined)[] = [
  'registerBroker',
  'unregisterBroker',
  'topic',
  'partition',
  'config',
  'partitionChange',
  undefined,
  null,
  null,
  'removeTopic',
  'delegationToken',
  'userScramCredential',
  'featureLevel',
  undefined,
  'clientQuota',
  'producerIds',
  undefined,
  null,
  'accessControlEntry',
  'removeAccessControlEntry',
  null,
  null,
  'removeUserScramCredential',
  'beginTransaction',
  'endTransaction',
  'abortTransaction',
  'removeDelegationToken',
  null,
  null,
  null,
]

const frameVersion = 1

const reader = new Reader()

/**
 * Reads a record's value; null where it is of a kind that says nothing lasting. Throws UNSUPPORTED_VERSION where its type or
 * version is not known, as then nobody can say what it changes, and DecodeError where it is damaged.
 */
export function readMetadataRecord(value: Buffer): MetadataRecord | null {
  reader.reset(value)
  const frame = reader.uvarint()
  if (frame !== frameVersion) throw unknown(`a record of frame version ${frame}`)
  const type = reader.uvarint()
  const version = reader.uvarint()
  const kind = kindsByType[type]
  if (kind === null) return null
  if (kind === undefined) throw unknown(`a record of type ${type}`)
  const message = metadataRecords[kind]
  if (version > message.versions[1]) throw unknown(`a ${message.name} of version ${version}`)
  return { kind, value: decode(message, version, value, value.length - reader.bytesLeft) } as MetadataRecord
}

function unknown(what: string): KafkaError {
  return new KafkaError(codes.UNSUPPORTED_VERSION, `${what}, which this broker does not know`)
}
