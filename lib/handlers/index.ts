/** Every API that the broker answers: one line each. Dispatch, and what ApiVersions advertises, derive from this list. */
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { AlterPartitionReassignments } from '../../protocol/messages/alter-partition-reassignments.ts'
import { AlterReplicaLogDirs } from '../../protocol/messages/alter-replica-log-dirs.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { CreatePartitions } from '../../protocol/messages/create-partitions.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { DeleteTopics } from '../../protocol/messages/delete-topics.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { DescribeLogDirs } from '../../protocol/messages/describe-log-dirs.ts'
import { DescribeProducers } from '../../protocol/messages/describe-producers.ts'
import { DescribeTopicPartitions } from '../../protocol/messages/describe-topic-partitions.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { ListPartitionReassignments } from '../../protocol/messages/list-partition-reassignments.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Api, Fields, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Deferred } from '../base/deferred.ts'
import { alterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from './alter-replica-log-dirs.ts'
import { apiVersions } from './api-versions.ts'
import type { Context } from './context.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteRecords } from './delete-records.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeGroups } from './describe-groups.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { describeTopicPartitions } from './describe-topic-partitions.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { incrementalAlterConfigs } from './incremental-alter-configs.ts'
import { initProducerId } from './init-producer-id.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listConfigResources } from './list-config-resources.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { syncGroup } from './sync-group.ts'

/** What a handler gives: the response, at once or later, or null where nothing is to be sent. */
export type Answer<Response> = Response | Deferred<Response | null> | Promise<Response | null> | null

/** One API with the function that answers it. */
export interface Handler {
  readonly api: Api
  readonly handle: (request: never, context: Context) => Answer<object>
  /** See the server's HandlerRow: set where views of the request's bytes are not looked at after the answer. */
  readonly keepsNothing: boolean
}

function row<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  handle: (request: RequestOf<Api<Req, Res>>, context: Context) => Answer<ResponseOf<Api<Req, Res>>>,
  keepsNothing = false,
): Handler {
  return { api: api as unknown as Api, handle, keepsNothing }
}

export const handlers: readonly Handler[] = [
  row(Produce, produce, true),
  row(Fetch, fetch, true),
  row(ListOffsets, listOffsets),
  row(Metadata, metadata),
  row(OffsetCommit, offsetCommit),
  row(OffsetFetch, offsetFetch),
  row(FindCoordinator, findCoordinator),
  row(JoinGroup, joinGroup),
  row(Heartbeat, heartbeat),
  row(LeaveGroup, leaveGroup),
  row(SyncGroup, syncGroup),
  row(DescribeGroups, describeGroups),
  row(ListGroups, listGroups),
  row(ApiVersions, apiVersions),
  row(CreateTopics, createTopics),
  row(DeleteTopics, deleteTopics),
  row(DeleteRecords, deleteRecords),
  row(InitProducerId, initProducerId),
  row(OffsetForLeaderEpoch, offsetForLeaderEpoch),
  row(DescribeConfigs, describeConfigs),
  row(AlterConfigs, alterConfigs),
  row(AlterReplicaLogDirs, alterReplicaLogDirs),
  row(DescribeLogDirs, describeLogDirs),
  row(CreatePartitions, createPartitions),
  row(DeleteGroups, deleteGroups),
  row(IncrementalAlterConfigs, incrementalAlterConfigs),
  row(OffsetDelete, offsetDelete),
  row(DescribeCluster, describeCluster),
  row(AlterPartitionReassignments, alterPartitionReassignments),
  row(ListPartitionReassignments, listPartitionReassignments),
  row(DescribeProducers, describeProducers),
  row(ListConfigResources, listConfigResources),
  row(DescribeTopicPartitions, describeTopicPartitions),
]
