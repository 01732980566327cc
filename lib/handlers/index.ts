/** Every API that the broker answers: one line each. Dispatch, and what ApiVersions advertises, derive from this list. */

import { AddOffsetsToTxn } from '../../protocol/messages/add-offsets-to-txn.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { AddRaftVoter } from '../../protocol/messages/add-raft-voter.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { AlterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { AlterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { CreateDelegationToken } from '../../protocol/messages/create-delegation-token.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { DescribeClientQuotas } from '../../protocol/messages/describe-client-quotas.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { DescribeDelegationToken } from '../../protocol/messages/describe-delegation-token.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts'
import { DescribeProducers } from '../../protocol/messages/describe-producers.ts'
import { DescribeQuorum } from '../../protocol/messages/describe-quorum.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { DescribeTransactions } from '../../protocol/messages/describe-transactions.ts'
import { DescribeUserScramCredentials } from '../../protocol/messages/describe-user-scram-credentials.ts'
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts'
import { EndTxn } from '../../protocol/messages/end-txn.ts'
import { ExpireDelegationToken } from '../../protocol/messages/expire-delegation-token.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { GetTelemetrySubscriptions } from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts'
import { ListTransactions } from '../../protocol/messages/list-transactions.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { PushTelemetry } from '../../protocol/messages/push-telemetry.ts'
import { RemoveRaftVoter } from '../../protocol/messages/remove-raft-voter.ts'
import { RenewDelegationToken } from '../../protocol/messages/renew-delegation-token.ts'
import { SaslAuthenticate } from '../../protocol/messages/sasl-authenticate.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import { TxnOffsetCommit } from '../../protocol/messages/txn-offset-commit.ts'
import { UnregisterBroker } from '../../protocol/messages/unregister-broker.ts'
import { UnregisterController } from '../../protocol/messages/unregister-controller.ts'
import { UpdateFeatures } from '../../protocol/messages/update-features.ts'
import { WriteTxnMarkers } from '../../protocol/messages/write-txn-markers.ts'
import type { Api, Fields, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Deferred } from '../base/deferred.ts'
import type { Refusal } from '../server/handler-row.ts'
import { addOffsetsToTxn, refuseAddOffsetsToTxn } from './add-offsets-to-txn.ts'
import { addPartitionsToTxn, refuseAddPartitionsToTxn } from './add-partitions-to-txn.ts'
import { addRaftVoter, refuseAddRaftVoter } from './add-raft-voter.ts'
import { alterClientQuotas, refuseAlterClientQuotas } from './alter-client-quotas.ts'
import { alterConfigs, refuseAlterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments, refuseAlterPartitionReassignments } from './alter-partition-reassignments.ts'
import { alterReplicaLogDirs, refuseAlterReplicaLogDirs } from './alter-replica-log-dirs.ts'
import { alterUserScramCredentials, refuseAlterUserScramCredentials } from './alter-user-scram-credentials.ts'
import { apiVersions, refuseApiVersions } from './api-versions.ts'
import { consumerGroupDescribe, refuseConsumerGroupDescribe } from './consumer-group-describe.ts'
import { consumerGroupHeartbeat, refuseConsumerGroupHeartbeat } from './consumer-group-heartbeat.ts'
import type { Context } from './context.ts'
import { createAcls, refuseCreateAcls } from './create-acls.ts'
import { createDelegationToken, refuseCreateDelegationToken } from './create-delegation-token.ts'
import { createPartitions, refuseCreatePartitions } from './create-partitions.ts'
import { createTopics, refuseCreateTopics } from './create-topics.ts'
import { deleteAcls, refuseDeleteAcls } from './delete-acls.ts'
import { deleteGroups, refuseDeleteGroups } from './delete-groups.ts'
import { deleteRecords, refuseDeleteRecords } from './delete-records.ts'
import { deleteTopics, refuseDeleteTopics } from './delete-topics.ts'
import { describeAcls, refuseDescribeAcls } from './describe-acls.ts'
import { describeClientQuotas, refuseDescribeClientQuotas } from './describe-client-quotas.ts'
import { describeCluster, refuseDescribeCluster } from './describe-cluster.ts'
import { describeConfigs, refuseDescribeConfigs } from './describe-configs.ts'
import { describeDelegationToken, refuseDescribeDelegationToken } from './describe-delegation-token.ts'
import { describeGroups, refuseDescribeGroups } from './describe-groups.ts'
import { describeLogDirs, refuseDescribeLogDirs } from './describe-log-dirs.ts'
import { describeProducers, refuseDescribeProducers } from './describe-producers.ts'
import { describeQuorum, refuseDescribeQuorum } from './describe-quorum.ts'
import { describeTopicPartitions, refuseDescribeTopicPartitions } from './describe-topic-partitions.ts'
import { describeTransactions, refuseDescribeTransactions } from './describe-transactions.ts'
import { describeUserScramCredentials, refuseDescribeUserScramCredentials } from './describe-user-scram-credentials.ts'
import { electLeaders, refuseElectLeaders } from './elect-leaders.ts'
import { endTxn, refuseEndTxn } from './end-txn.ts'
import { expireDelegationToken, refuseExpireDelegationToken } from './expire-delegation-token.ts'
import { fetch, refuseFetch } from './fetch.ts'
import { findCoordinator, refuseFindCoordinator } from './find-coordinator.ts'
import { getTelemetrySubscriptions, refuseGetTelemetrySubscriptions } from './get-telemetry-subscriptions.ts'
import { heartbeat, refuseHeartbeat } from './heartbeat.ts'
import { incrementalAlterConfigs, refuseIncrementalAlterConfigs } from './incremental-alter-configs.ts'
import { initProducerId, refuseInitProducerId } from './init-producer-id.ts'
import { joinGroup, refuseJoinGroup } from './join-group.ts'
import { leaveGroup, refuseLeaveGroup } from './leave-group.ts'
import { listConfigResources, refuseListConfigResources } from './list-config-resources.ts'
import { listGroups, refuseListGroups } from './list-groups.ts'
import { listOffsets, refuseListOffsets } from './list-offsets.ts'
import { listPartitionReassignments, refuseListPartitionReassignments } from './list-partition-reassignments.ts'
import { listTransactions, refuseListTransactions } from './list-transactions.ts'
import { metadata, refuseMetadata } from './metadata.ts'
import { offsetCommit, refuseOffsetCommit } from './offset-commit.ts'
import { offsetDelete, refuseOffsetDelete } from './offset-delete.ts'
import { offsetFetch, refuseOffsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch, refuseOffsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce, refuseProduce } from './produce.ts'
import { pushTelemetry, refusePushTelemetry } from './push-telemetry.ts'
import { refuseRemoveRaftVoter, removeRaftVoter } from './remove-raft-voter.ts'
import { refuseRenewDelegationToken, renewDelegationToken } from './renew-delegation-token.ts'
import { refuseSaslAuthenticate, saslAuthenticate } from './sasl-authenticate.ts'
import { refuseSaslHandshake, saslHandshake } from './sasl-handshake.ts'
import { refuseSyncGroup, syncGroup } from './sync-group.ts'
import { refuseTxnOffsetCommit, txnOffsetCommit } from './txn-offset-commit.ts'
import { refuseUnregisterBroker, unregisterBroker } from './unregister-broker.ts'
import { refuseUnregisterController, unregisterController } from './unregister-controller.ts'
import { refuseUpdateFeatures, updateFeatures } from './update-features.ts'
import { refuseWriteTxnMarkers, writeTxnMarkers } from './write-txn-markers.ts'

/** What a handler gives: the response, at once or later, or null where nothing is to be sent. */
export type Answer<Response> = Response | Deferred<Response | null> | Promise<Response | null> | null

/** One API with the function that answers it. */
export interface Handler {
  readonly api: Api
  readonly handle: (request: never, context: Context) => Answer<object>
  /** See the server's HandlerRow: the answer to a request that is refused as a whole. */
  readonly refuse: (request: never, refusal: Refusal) => object | null
  /** See the server's HandlerRow: set where views of the request's bytes are not looked at after the answer. */
  readonly keepsNothing: boolean
}

function row<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  handle: (request: RequestOf<Api<Req, Res>>, context: Context) => Answer<ResponseOf<Api<Req, Res>>>,
  refuse: (request: RequestOf<Api<Req, Res>>, refusal: Refusal) => ResponseOf<Api<Req, Res>> | null,
  keepsNothing = false,
): Handler {
  return { api: api as unknown as Api, handle, refuse, keepsNothing }
}

export const handlers: readonly Handler[] = [
  row(Produce, produce, refuseProduce, true),
  row(Fetch, fetch, refuseFetch, true),
  row(ListOffsets, listOffsets, refuseListOffsets),
  row(Metadata, metadata, refuseMetadata),
  row(OffsetCommit, offsetCommit, refuseOffsetCommit),
  row(OffsetFetch, offsetFetch, refuseOffsetFetch),
  row(FindCoordinator, findCoordinator, refuseFindCoordinator),
  row(JoinGroup, joinGroup, refuseJoinGroup),
  row(Heartbeat, heartbeat, refuseHeartbeat),
  row(LeaveGroup, leaveGroup, refuseLeaveGroup),
  row(SyncGroup, syncGroup, refuseSyncGroup),
  row(DescribeGroups, describeGroups, refuseDescribeGroups),
  row(ListGroups, listGroups, refuseListGroups),
  row(SaslHandshake, saslHandshake, refuseSaslHandshake),
  row(ApiVersions, apiVersions, refuseApiVersions),
  row(CreateTopics, createTopics, refuseCreateTopics),
  row(DeleteTopics, deleteTopics, refuseDeleteTopics),
  row(DeleteRecords, deleteRecords, refuseDeleteRecords),
  row(InitProducerId, initProducerId, refuseInitProducerId),
  row(OffsetForLeaderEpoch, offsetForLeaderEpoch, refuseOffsetForLeaderEpoch),
  row(AddPartitionsToTxn, addPartitionsToTxn, refuseAddPartitionsToTxn),
  row(AddOffsetsToTxn, addOffsetsToTxn, refuseAddOffsetsToTxn),
  row(EndTxn, endTxn, refuseEndTxn),
  row(TxnOffsetCommit, txnOffsetCommit, refuseTxnOffsetCommit),
  row(WriteTxnMarkers, writeTxnMarkers, refuseWriteTxnMarkers),
  row(DescribeAcls, describeAcls, refuseDescribeAcls),
  row(CreateAcls, createAcls, refuseCreateAcls),
  row(DeleteAcls, deleteAcls, refuseDeleteAcls),
  row(DescribeConfigs, describeConfigs, refuseDescribeConfigs),
  row(AlterConfigs, alterConfigs, refuseAlterConfigs),
  row(AlterReplicaLogDirs, alterReplicaLogDirs, refuseAlterReplicaLogDirs),
  row(DescribeLogDirs, describeLogDirs, refuseDescribeLogDirs),
  row(SaslAuthenticate, saslAuthenticate, refuseSaslAuthenticate),
  row(CreatePartitions, createPartitions, refuseCreatePartitions),
  row(CreateDelegationToken, createDelegationToken, refuseCreateDelegationToken),
  row(RenewDelegationToken, renewDelegationToken, refuseRenewDelegationToken),
  row(ExpireDelegationToken, expireDelegationToken, refuseExpireDelegationToken),
  row(DescribeDelegationToken, describeDelegationToken, refuseDescribeDelegationToken),
  row(DeleteGroups, deleteGroups, refuseDeleteGroups),
  row(ElectLeaders, electLeaders, refuseElectLeaders),
  row(IncrementalAlterConfigs, incrementalAlterConfigs, refuseIncrementalAlterConfigs),
  row(AlterPartitionReassignments, alterPartitionReassignments, refuseAlterPartitionReassignments),
  row(ListPartitionReassignments, listPartitionReassignments, refuseListPartitionReassignments),
  row(OffsetDelete, offsetDelete, refuseOffsetDelete),
  row(ConsumerGroupHeartbeat, consumerGroupHeartbeat, refuseConsumerGroupHeartbeat),
  row(ConsumerGroupDescribe, consumerGroupDescribe, refuseConsumerGroupDescribe),
  row(GetTelemetrySubscriptions, getTelemetrySubscriptions, refuseGetTelemetrySubscriptions),
  row(PushTelemetry, pushTelemetry, refusePushTelemetry),
  row(AlterClientQuotas, alterClientQuotas, refuseAlterClientQuotas),
  row(DescribeClientQuotas, describeClientQuotas, refuseDescribeClientQuotas),
  row(AlterUserScramCredentials, alterUserScramCredentials, refuseAlterUserScramCredentials),
  row(DescribeUserScramCredentials, describeUserScramCredentials, refuseDescribeUserScramCredentials),
  row(DescribeQuorum, describeQuorum, refuseDescribeQuorum),
  row(UpdateFeatures, updateFeatures, refuseUpdateFeatures),
  row(DescribeCluster, describeCluster, refuseDescribeCluster),
  row(DescribeProducers, describeProducers, refuseDescribeProducers),
  row(UnregisterBroker, unregisterBroker, refuseUnregisterBroker),
  row(DescribeTransactions, describeTransactions, refuseDescribeTransactions),
  row(ListTransactions, listTransactions, refuseListTransactions),
  row(ListConfigResources, listConfigResources, refuseListConfigResources),
  row(DescribeTopicPartitions, describeTopicPartitions, refuseDescribeTopicPartitions),
  row(AddRaftVoter, addRaftVoter, refuseAddRaftVoter),
  row(RemoveRaftVoter, removeRaftVoter, refuseRemoveRaftVoter),
  row(UnregisterController, unregisterController, refuseUnregisterController),
]
