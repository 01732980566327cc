/** What control records of KRaft's own log and snapshots say: who leads, who votes, and where a snapshot begins and ends. */
import { array, int16, int32, int64, message, string, struct, uint16, uuid } from '../schema.ts'

const voter = struct({ voterId: int32, voterDirectoryId: uuid.since(1) })

/** Who was elected to lead, and by whom (type 2). v1 directories of voters */
export const LeaderChangeMessage = message({
  name: 'LeaderChangeMessage',
  versions: [0, 1],
  flexible: 0,
  fields: { version: int16, leaderId: int32, voters: array(voter), grantingVoters: array(voter) },
})

/** The beginning of a snapshot (type 3). */
export const SnapshotHeaderRecord = message({
  name: 'SnapshotHeaderRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: int16, lastContainedLogTimestamp: int64 },
})

/** The end of a snapshot (type 4). */
export const SnapshotFooterRecord = message({
  name: 'SnapshotFooterRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: int16 },
})

/** The level of KRaft (type 5). */
export const KRaftVersionRecord = message({
  name: 'KRaftVersionRecord',
  versions: [0, 0],
  flexible: 0,
  fields: { version: int16, kRaftVersion: int16 },
})

/** Who votes, and where they are reached (type 6). */
export const VotersRecord = message({
  name: 'VotersRecord',
  versions: [0, 0],
  flexible: 0,
  fields: {
    version: int16,
    voters: array(
      struct({
        voterId: int32,
        voterDirectoryId: uuid,
        endpoints: array(struct({ name: string, host: string, port: uint16 })),
        kRaftVersionFeature: struct({ minSupportedVersion: int16, maxSupportedVersion: int16 }),
      }),
    ),
  },
})
