import { array, type EncodableOf, int8, int32, message, string, struct } from '../schema.ts'

/** Key of the tasks that a member of a streams group runs at present (record type 22). */
export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface StreamsGroupCurrentMemberAssignmentKey
  extends EncodableOf<typeof StreamsGroupCurrentMemberAssignmentKey> {}

const taskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
  assignmentEpochs: array(int32).nullable().tagged(0),
})

/**
 * The tasks that a member of a streams group runs and still has to give up (record type 22). Without epochs is null;
 * left out they are an empty list.
 */
export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    memberEpoch: int32,
    previousMemberEpoch: int32,
    state: int8,
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
    activeTasksPendingRevocation: array(taskIds),
    standbyTasksPendingRevocation: array(taskIds),
    warmupTasksPendingRevocation: array(taskIds),
  },
})

export interface StreamsGroupCurrentMemberAssignmentValue
  extends EncodableOf<typeof StreamsGroupCurrentMemberAssignmentValue> {}
