import {
  api,
  array,
  bool,
  int16,
  int32,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
  uint16,
  uuid,
} from '../schema.ts'

/**
 * Makes a controller a voter of the metadata log's quorum (KIP-853).
 * v1 may be answered before the new set of voters is committed (KIP-1186)
 */
export const AddRaftVoter = api({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexible: 0,
  request: {
    clusterId: string.nullable(),
    timeoutMs: int32,
    voterId: int32,
    voterDirectoryId: uuid,
    listeners: array(
      struct({
        name: string,
        host: string,
        port: uint16,
      }),
    ),
    ackWhenCommitted: bool.default(true).since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface AddRaftVoterRequest extends RequestOf<typeof AddRaftVoter> {}
export interface AddRaftVoterResponse extends ResponseOf<typeof AddRaftVoter> {}
