/** Which error codes the answers of an API may have, so that a fault is one that a client could meet. */
import { codeName, codes } from '../../../protocol/errors.ts'

/** What any API may answer. */
const anywhere =
  'UNKNOWN_SERVER_ERROR INVALID_REQUEST UNSUPPORTED_VERSION CLUSTER_AUTHORIZATION_FAILED REQUEST_TIMED_OUT'
const topic = 'UNKNOWN_TOPIC_OR_PARTITION TOPIC_AUTHORIZATION_FAILED INVALID_TOPIC_EXCEPTION'
const topicId = 'UNKNOWN_TOPIC_ID INCONSISTENT_TOPIC_ID'
const leader =
  'NOT_LEADER_OR_FOLLOWER LEADER_NOT_AVAILABLE REPLICA_NOT_AVAILABLE KAFKA_STORAGE_ERROR FENCED_LEADER_EPOCH UNKNOWN_LEADER_EPOCH'
const coordinator = 'COORDINATOR_LOAD_IN_PROGRESS COORDINATOR_NOT_AVAILABLE NOT_COORDINATOR'
const group = `${coordinator} GROUP_AUTHORIZATION_FAILED INVALID_GROUP_ID`
const member = `${group} UNKNOWN_MEMBER_ID ILLEGAL_GENERATION REBALANCE_IN_PROGRESS FENCED_INSTANCE_ID`
const newMember = `${group} UNKNOWN_MEMBER_ID FENCED_MEMBER_EPOCH UNRELEASED_INSTANCE_ID UNSUPPORTED_ASSIGNOR GROUP_MAX_SIZE_REACHED TOPIC_AUTHORIZATION_FAILED`
const producer =
  'INVALID_PRODUCER_EPOCH PRODUCER_FENCED INVALID_PRODUCER_ID_MAPPING INVALID_TXN_STATE TRANSACTION_ABORTABLE'
const transaction = `${coordinator} ${producer} TRANSACTIONAL_ID_AUTHORIZATION_FAILED CONCURRENT_TRANSACTIONS TRANSACTION_COORDINATOR_FENCED`
const controller = 'NOT_CONTROLLER THROTTLING_QUOTA_EXCEEDED POLICY_VIOLATION'
const tokens =
  'DELEGATION_TOKEN_AUTH_DISABLED DELEGATION_TOKEN_NOT_FOUND DELEGATION_TOKEN_OWNER_MISMATCH DELEGATION_TOKEN_REQUEST_NOT_ALLOWED DELEGATION_TOKEN_AUTHORIZATION_FAILED DELEGATION_TOKEN_EXPIRED INVALID_PRINCIPAL_TYPE'
const configs = `${controller} ${topic} INVALID_CONFIG BROKER_NOT_AVAILABLE GROUP_AUTHORIZATION_FAILED`
const share = `${topic} ${topicId} ${leader} ${group} SHARE_SESSION_NOT_FOUND INVALID_SHARE_SESSION_EPOCH SHARE_SESSION_LIMIT_REACHED INVALID_RECORD_STATE`

/** By name of the API. */
const own: Readonly<Record<string, string>> = {
  Produce: `${topic} ${topicId} ${leader} ${producer} CORRUPT_MESSAGE MESSAGE_TOO_LARGE RECORD_LIST_TOO_LARGE NOT_ENOUGH_REPLICAS NOT_ENOUGH_REPLICAS_AFTER_APPEND INVALID_REQUIRED_ACKS INVALID_TIMESTAMP INVALID_RECORD UNSUPPORTED_FOR_MESSAGE_FORMAT UNSUPPORTED_COMPRESSION_TYPE OUT_OF_ORDER_SEQUENCE_NUMBER DUPLICATE_SEQUENCE_NUMBER UNKNOWN_PRODUCER_ID TRANSACTIONAL_ID_AUTHORIZATION_FAILED CONCURRENT_TRANSACTIONS ${coordinator}`,
  Fetch: `${topic} ${topicId} ${leader} OFFSET_OUT_OF_RANGE UNSUPPORTED_COMPRESSION_TYPE CORRUPT_MESSAGE FETCH_SESSION_ID_NOT_FOUND INVALID_FETCH_SESSION_EPOCH FETCH_SESSION_TOPIC_ID_ERROR OFFSET_NOT_AVAILABLE OFFSET_MOVED_TO_TIERED_STORAGE POSITION_OUT_OF_RANGE`,
  ListOffsets: `${topic} ${leader} OFFSET_NOT_AVAILABLE UNSUPPORTED_FOR_MESSAGE_FORMAT`,
  Metadata: `${topic} ${topicId} LEADER_NOT_AVAILABLE REPLICA_NOT_AVAILABLE LISTENER_NOT_FOUND REBOOTSTRAP_REQUIRED`,
  OffsetCommit: `${member} ${topic} ${topicId} OFFSET_METADATA_TOO_LARGE INVALID_COMMIT_OFFSET_SIZE STALE_MEMBER_EPOCH GROUP_ID_NOT_FOUND`,
  OffsetFetch: `${group} ${topic} ${topicId} UNSTABLE_OFFSET_COMMIT UNKNOWN_MEMBER_ID STALE_MEMBER_EPOCH GROUP_ID_NOT_FOUND`,
  FindCoordinator: `${coordinator} GROUP_AUTHORIZATION_FAILED TRANSACTIONAL_ID_AUTHORIZATION_FAILED INVALID_GROUP_ID`,
  JoinGroup: `${member} MEMBER_ID_REQUIRED INCONSISTENT_GROUP_PROTOCOL INVALID_SESSION_TIMEOUT GROUP_MAX_SIZE_REACHED`,
  Heartbeat: member,
  LeaveGroup: member,
  SyncGroup: `${member} INCONSISTENT_GROUP_PROTOCOL`,
  DescribeGroups: `${group} GROUP_ID_NOT_FOUND`,
  ListGroups: coordinator,
  SaslHandshake: 'UNSUPPORTED_SASL_MECHANISM ILLEGAL_SASL_STATE',
  ApiVersions: 'REBOOTSTRAP_REQUIRED',
  CreateTopics: `${controller} ${topic} TOPIC_ALREADY_EXISTS INVALID_PARTITIONS INVALID_REPLICATION_FACTOR INVALID_REPLICA_ASSIGNMENT INVALID_CONFIG`,
  DeleteTopics: `${controller} ${topic} ${topicId} TOPIC_DELETION_DISABLED`,
  DeleteRecords: `${topic} ${leader} OFFSET_OUT_OF_RANGE POLICY_VIOLATION`,
  InitProducerId: `${transaction} INVALID_TRANSACTION_TIMEOUT`,
  OffsetForLeaderEpoch: `${topic} ${leader}`,
  AddPartitionsToTxn: `${transaction} ${topic} OPERATION_NOT_ATTEMPTED`,
  AddOffsetsToTxn: `${transaction} GROUP_AUTHORIZATION_FAILED INVALID_GROUP_ID`,
  EndTxn: transaction,
  TxnOffsetCommit: `${transaction} ${member} ${topic} ${topicId} OFFSET_METADATA_TOO_LARGE INVALID_COMMIT_OFFSET_SIZE STALE_MEMBER_EPOCH`,
  WriteTxnMarkers: `${transaction} ${topic} ${leader}`,
  DescribeAcls: 'SECURITY_DISABLED',
  CreateAcls: `${controller} SECURITY_DISABLED`,
  DeleteAcls: `${controller} SECURITY_DISABLED`,
  DescribeConfigs: `${topic} INVALID_CONFIG GROUP_AUTHORIZATION_FAILED`,
  AlterConfigs: configs,
  IncrementalAlterConfigs: configs,
  AlterReplicaLogDirs: `${topic} ${leader} LOG_DIR_NOT_FOUND`,
  DescribeLogDirs: 'KAFKA_STORAGE_ERROR LOG_DIR_NOT_FOUND',
  SaslAuthenticate: 'SASL_AUTHENTICATION_FAILED ILLEGAL_SASL_STATE',
  CreatePartitions: `${controller} ${topic} INVALID_PARTITIONS INVALID_REPLICA_ASSIGNMENT REASSIGNMENT_IN_PROGRESS`,
  CreateDelegationToken: `${controller} ${tokens}`,
  RenewDelegationToken: `${controller} ${tokens}`,
  ExpireDelegationToken: `${controller} ${tokens}`,
  DescribeDelegationToken: tokens,
  DeleteGroups: `${group} GROUP_ID_NOT_FOUND NON_EMPTY_GROUP GROUP_DELETION_FAILED`,
  ElectLeaders: `${controller} ${topic} PREFERRED_LEADER_NOT_AVAILABLE ELIGIBLE_LEADERS_NOT_AVAILABLE ELECTION_NOT_NEEDED`,
  AlterPartitionReassignments: `${controller} ${topic} INVALID_REPLICA_ASSIGNMENT NO_REASSIGNMENT_IN_PROGRESS`,
  ListPartitionReassignments: `${controller} ${topic}`,
  OffsetDelete: `${group} ${topic} GROUP_ID_NOT_FOUND NON_EMPTY_GROUP GROUP_SUBSCRIBED_TO_TOPIC`,
  DescribeClientQuotas: '',
  AlterClientQuotas: controller,
  DescribeUserScramCredentials: 'RESOURCE_NOT_FOUND DUPLICATE_RESOURCE',
  AlterUserScramCredentials: `${controller} RESOURCE_NOT_FOUND DUPLICATE_RESOURCE UNACCEPTABLE_CREDENTIAL UNSUPPORTED_SASL_MECHANISM`,
  UpdateFeatures: `${controller} INVALID_UPDATE_VERSION FEATURE_UPDATE_FAILED`,
  DescribeCluster: 'MISMATCHED_ENDPOINT_TYPE UNSUPPORTED_ENDPOINT_TYPE',
  DescribeProducers: `${topic} ${leader}`,
  DescribeTransactions: `${transaction} TRANSACTIONAL_ID_NOT_FOUND`,
  ListTransactions: `${coordinator} INVALID_REGULAR_EXPRESSION`,
  ConsumerGroupHeartbeat: `${newMember} INVALID_REGULAR_EXPRESSION`,
  ConsumerGroupDescribe: `${group} GROUP_ID_NOT_FOUND`,
  ShareGroupHeartbeat: newMember,
  ShareGroupDescribe: `${group} GROUP_ID_NOT_FOUND`,
  ShareFetch: share,
  ShareAcknowledge: share,
  StreamsGroupHeartbeat: `${newMember} STREAMS_INVALID_TOPOLOGY STREAMS_INVALID_TOPOLOGY_EPOCH STREAMS_TOPOLOGY_FENCED`,
  StreamsGroupDescribe: `${group} GROUP_ID_NOT_FOUND`,
  GetTelemetrySubscriptions: '',
  PushTelemetry: 'UNKNOWN_SUBSCRIPTION_ID TELEMETRY_TOO_LARGE UNSUPPORTED_COMPRESSION_TYPE THROTTLING_QUOTA_EXCEEDED',
}

/** Codes that an answer has for all of the request, where the API has others for each partition. */
const ofTheWhole: Readonly<Record<string, string>> = {
  Fetch: 'UNKNOWN_SERVER_ERROR FETCH_SESSION_ID_NOT_FOUND INVALID_FETCH_SESSION_EPOCH FETCH_SESSION_TOPIC_ID_ERROR',
  Metadata: 'REBOOTSTRAP_REQUIRED',
  OffsetFetch: `${group} UNKNOWN_MEMBER_ID STALE_MEMBER_EPOCH GROUP_ID_NOT_FOUND`,
}

/** The code with this name or number; null where there is none but 0. */
export function codeOf(error: string | number): number | null {
  if (typeof error === 'number') return codeName(error) === String(error) || error === 0 ? null : error
  return error !== 'NONE' && Object.hasOwn(codes, error) ? codes[error as keyof typeof codes] : null
}

/** Whether answers of an API may have this code. APIs that are not in the list may have any. */
export function canAnswer(api: string, code: number): boolean {
  const named = own[api]
  return named === undefined || `${anywhere} ${named}`.split(' ').includes(codeName(code))
}

/** The names of all codes that it may answer. */
export function answersOf(api: string): string[] {
  return [...new Set(`${anywhere} ${own[api] ?? ''}`.trim().split(' '))].sort()
}

/** Whether the code is told of the whole request, though this API has one for each partition. */
export function isOfTheWhole(api: string, code: number): boolean {
  return ofTheWhole[api]?.split(' ').includes(codeName(code)) ?? false
}
