import { array, type EncodableOf, int32, message, string, struct } from '../schema.ts'

/** Key of the tasks that a member of a streams group shall run (record type 21). */
export const StreamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  versions: [0, 0],
  flexible: null,
  fields: {
    groupId: string,
    memberId: string,
  },
})

export interface StreamsGroupTargetAssignmentMemberKey
  extends EncodableOf<typeof StreamsGroupTargetAssignmentMemberKey> {}

const taskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
})

/** The tasks that a member of a streams group shall run (record type 21). */
export const StreamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  versions: [0, 0],
  flexible: 0,
  fields: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
})

export interface StreamsGroupTargetAssignmentMemberValue
  extends EncodableOf<typeof StreamsGroupTargetAssignmentMemberValue> {}
