/** RemoveRaftVoter: takes a controller out of the metadata's quorum (KIP-853), which is no quorum here, and has one voter for ever. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { RemoveRaftVoterRequest, RemoveRaftVoterResponse } from '../../protocol/messages/remove-raft-voter.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { checkVoterRequest } from './raft-voters.ts'
import { refuseByCodeAndMessage } from './refusals.ts'

export function removeRaftVoter(request: RemoveRaftVoterRequest, context: Context): RemoveRaftVoterResponse {
  checkClusterOperation(context, 'alter')
  checkVoterRequest(request, context)
  throw new KafkaError(codes.UNSUPPORTED_VERSION, 'voters cannot be removed: kraft.version is 0')
}

export const refuseRemoveRaftVoter = refuseByCodeAndMessage
