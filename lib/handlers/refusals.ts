/** Refusals of whole requests, where several APIs have one form: the code at the top, or at each thing that was asked for. */
import type { Refusal } from '../server/handler-row.ts'

export type { Refusal }

/** The code alone. */
export function refuseByCode(_request: object, { errorCode }: Refusal) {
  return { throttleTimeMs: 0, errorCode }
}

/** The code and the reason. */
export function refuseByCodeAndMessage(_request: object, { errorCode, errorMessage }: Refusal) {
  return { throttleTimeMs: 0, errorCode, errorMessage }
}

/** What AlterConfigs and IncrementalAlterConfigs answer: the error at each resource. */
export function refuseConfigResources(
  { resources }: { readonly resources: readonly { readonly resourceType: number; readonly resourceName: string }[] },
  { errorCode, errorMessage }: Refusal,
) {
  return {
    throttleTimeMs: 0,
    responses: resources.map(({ resourceType, resourceName }) => ({
      errorCode,
      errorMessage,
      resourceType,
      resourceName,
    })),
  }
}

/** What the APIs that describe groups of members with epochs answer: the error at each group. */
export function refuseGroups({ groupIds }: { readonly groupIds: readonly string[] }, refusal: Refusal) {
  const { errorCode, errorMessage } = refusal
  return {
    throttleTimeMs: 0,
    groups: groupIds.map(groupId => ({
      errorCode,
      errorMessage,
      groupId,
      groupState: '',
      groupEpoch: 0,
      assignmentEpoch: 0,
      assignorName: '',
      members: [],
    })),
  }
}

/** What the share coordinator’s APIs answer: the error at each partition. */
export function refuseSharePartitions(
  {
    topics,
  }: {
    readonly topics: readonly {
      readonly topicId: string
      readonly partitions: readonly { readonly partition: number }[]
    }[]
  },
  { errorCode, errorMessage }: Refusal,
) {
  return {
    results: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition }) => ({ partition, errorCode, errorMessage })),
    })),
  }
}
