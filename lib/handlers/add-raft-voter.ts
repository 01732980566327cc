/** AddRaftVoter: makes a controller a voter of the metadata's quorum (KIP-853), which is no quorum here, and has one voter for ever. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { AddRaftVoterRequest, AddRaftVoterResponse } from '../../protocol/messages/add-raft-voter.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import { checkVoterRequest } from './raft-voters.ts'
import { refuseByCodeAndMessage } from './refusals.ts'

/** The listener by which controllers reach each other, where none is configured. */
const controllerListener = 'CONTROLLER'

export function addRaftVoter(request: AddRaftVoterRequest, context: Context): AddRaftVoterResponse {
  checkClusterOperation(context, 'alter')
  checkVoterRequest(request, context)
  if (!request.listeners.some(({ name }) => name === controllerListener)) {
    throw new KafkaError(codes.INVALID_REQUEST, `the voter has no ${controllerListener} listener`)
  }
  throw new KafkaError(codes.UNSUPPORTED_VERSION, 'voters cannot be added: kraft.version is 0')
}

export const refuseAddRaftVoter = refuseByCodeAndMessage
