import { api, int16, int32, type RequestOf, type ResponseOf, string, uuid } from '../schema.ts'

/** Takes a controller out of the voters of the metadata log's quorum (KIP-853). */
export const RemoveRaftVoter = api({
  key: 81,
  name: 'RemoveRaftVoter',
  versions: [0, 0],
  flexible: 0,
  request: {
    clusterId: string.nullable(),
    voterId: int32,
    voterDirectoryId: uuid,
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
  },
})

export interface RemoveRaftVoterRequest extends RequestOf<typeof RemoveRaftVoter> {}
export interface RemoveRaftVoterResponse extends ResponseOf<typeof RemoveRaftVoter> {}
