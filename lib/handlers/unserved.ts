/**
 * Every API that is declared and does not do its work yet: one line each. ApiVersions does not tell of them. Whoever asks all the same is
 * answered in the API's own form with UNSUPPORTED_VERSION, as Apache Kafka answers where a feature is off.
 */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { AlterPartition } from '../../protocol/messages/alter-partition.ts'
import { AlterShareGroupOffsets } from '../../protocol/messages/alter-share-group-offsets.ts'
import { DeleteShareGroupOffsets } from '../../protocol/messages/delete-share-group-offsets.ts'
import { DeleteShareGroupState } from '../../protocol/messages/delete-share-group-state.ts'
import { DescribeShareGroupOffsets } from '../../protocol/messages/describe-share-group-offsets.ts'
import { InitializeShareGroupState } from '../../protocol/messages/initialize-share-group-state.ts'
import { ReadShareGroupState } from '../../protocol/messages/read-share-group-state.ts'
import { ReadShareGroupStateSummary } from '../../protocol/messages/read-share-group-state-summary.ts'
import { ShareAcknowledge } from '../../protocol/messages/share-acknowledge.ts'
import { ShareFetch } from '../../protocol/messages/share-fetch.ts'
import { ShareGroupDescribe } from '../../protocol/messages/share-group-describe.ts'
import { ShareGroupHeartbeat } from '../../protocol/messages/share-group-heartbeat.ts'
import { StreamsGroupDescribe } from '../../protocol/messages/streams-group-describe.ts'
import { StreamsGroupHeartbeat } from '../../protocol/messages/streams-group-heartbeat.ts'
import { StreamsGroupTopologyDescriptionUpdate } from '../../protocol/messages/streams-group-topology-description-update.ts'
import { WriteShareGroupState } from '../../protocol/messages/write-share-group-state.ts'
import type { Api, Fields, RequestOf, ResponseOf } from '../../protocol/schema.ts'
import type { Refusal } from '../server/handler-row.ts'
import { refuseAlterPartition } from './alter-partition.ts'
import { refuseAlterShareGroupOffsets } from './alter-share-group-offsets.ts'
import { refuseDeleteShareGroupOffsets } from './delete-share-group-offsets.ts'
import { refuseDeleteShareGroupState } from './delete-share-group-state.ts'
import { refuseDescribeShareGroupOffsets } from './describe-share-group-offsets.ts'
import type { Handler } from './index.ts'
import { refuseInitializeShareGroupState } from './initialize-share-group-state.ts'
import { refuseReadShareGroupState } from './read-share-group-state.ts'
import { refuseReadShareGroupStateSummary } from './read-share-group-state-summary.ts'
import { refuseShareAcknowledge } from './share-acknowledge.ts'
import { refuseShareFetch } from './share-fetch.ts'
import { refuseShareGroupDescribe } from './share-group-describe.ts'
import { refuseShareGroupHeartbeat } from './share-group-heartbeat.ts'
import { refuseStreamsGroupDescribe } from './streams-group-describe.ts'
import { refuseStreamsGroupHeartbeat } from './streams-group-heartbeat.ts'
import { refuseStreamsGroupTopologyDescriptionUpdate } from './streams-group-topology-description-update.ts'
import { refuseWriteShareGroupState } from './write-share-group-state.ts'

function row<Req extends Fields, Res extends Fields>(
  api: Api<Req, Res>,
  refuse: (request: RequestOf<Api<Req, Res>>, refusal: Refusal) => ResponseOf<Api<Req, Res>>,
): Handler {
  const handle = () => {
    throw new KafkaError(codes.UNSUPPORTED_VERSION, `${api.name} is not served by this broker`)
  }
  return { api: api as unknown as Api, handle, refuse, keepsNothing: false }
}

export const unserved: readonly Handler[] = [
  row(AlterPartition, refuseAlterPartition),
  row(ShareGroupHeartbeat, refuseShareGroupHeartbeat),
  row(ShareGroupDescribe, refuseShareGroupDescribe),
  row(ShareFetch, refuseShareFetch),
  row(ShareAcknowledge, refuseShareAcknowledge),
  row(InitializeShareGroupState, refuseInitializeShareGroupState),
  row(ReadShareGroupState, refuseReadShareGroupState),
  row(WriteShareGroupState, refuseWriteShareGroupState),
  row(DeleteShareGroupState, refuseDeleteShareGroupState),
  row(ReadShareGroupStateSummary, refuseReadShareGroupStateSummary),
  row(StreamsGroupHeartbeat, refuseStreamsGroupHeartbeat),
  row(StreamsGroupDescribe, refuseStreamsGroupDescribe),
  row(DescribeShareGroupOffsets, refuseDescribeShareGroupOffsets),
  row(AlterShareGroupOffsets, refuseAlterShareGroupOffsets),
  row(DeleteShareGroupOffsets, refuseDeleteShareGroupOffsets),
  row(StreamsGroupTopologyDescriptionUpdate, refuseStreamsGroupTopologyDescriptionUpdate),
]
