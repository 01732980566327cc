/** StreamsGroupDescribe: streams groups with their members and tasks (KIP-1071). Such groups are not served. */
import type {
  StreamsGroupDescribeRequest,
  StreamsGroupDescribeResponse,
} from '../../protocol/messages/streams-group-describe.ts'
import type { Refusal } from './refusals.ts'

/** The code at each group. */
export function refuseStreamsGroupDescribe(
  { groupIds }: StreamsGroupDescribeRequest,
  { errorCode, errorMessage }: Refusal,
): StreamsGroupDescribeResponse {
  const groups = groupIds.map(groupId => ({
    errorCode,
    errorMessage,
    groupId,
    groupState: '',
    groupEpoch: 0,
    assignmentEpoch: 0,
    members: [],
  }))
  return { throttleTimeMs: 0, groups }
}
