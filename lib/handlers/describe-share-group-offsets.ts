/** DescribeShareGroupOffsets: how far share groups have read (KIP-932). Such groups are not served. */
import type {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../protocol/messages/describe-share-group-offsets.ts'
import type { Refusal } from './refusals.ts'

/** The code at each group. */
export function refuseDescribeShareGroupOffsets(
  { groups }: DescribeShareGroupOffsetsRequest,
  { errorCode, errorMessage }: Refusal,
): DescribeShareGroupOffsetsResponse {
  return {
    throttleTimeMs: 0,
    groups: groups.map(({ groupId }) => ({ groupId, topics: [], errorCode, errorMessage })),
  }
}
