import {
  api,
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
  uint16,
} from '../schema.ts'

const endpoint = struct({
  host: string,
  port: uint16,
})

const taskOffset = struct({
  subtopologyId: string,
  partition: int32,
  offset: int64,
})

const taskIds = struct({
  subtopologyId: string,
  partitions: array(int32),
})

const assignment = struct({
  activeTasks: array(taskIds),
  standbyTasks: array(taskIds),
  warmupTasks: array(taskIds),
})

const keyValue = struct({
  key: string,
  value: string,
})

const topicInfo = struct({
  name: string,
  partitions: int32,
  replicationFactor: int16,
  topicConfigs: array(keyValue),
})

const topologyDescriptionNode = struct({
  name: string.since(1),
  nodeType: int8.since(1),
  sourceTopics: array(string).since(1),
  sinkTopic: string.nullable().default(null).since(1),
  stores: array(string).since(1),
  successors: array(string).since(1),
})

const topologyDescriptionSubtopology = struct({
  subtopologyId: string.since(1),
  nodes: array(topologyDescriptionNode).since(1),
})

const topologyDescriptionGlobalStore = struct({
  source: topologyDescriptionNode.since(1),
  processor: topologyDescriptionNode.since(1),
})

const topologyDescription = struct({
  subtopologies: array(topologyDescriptionSubtopology).since(1),
  globalStores: array(topologyDescriptionGlobalStore).since(1),
})

/**
 * Describes streams groups: topology, members, tasks (KIP-1071).
 * v1 description of the whole topology, name of the assignor
 */
export const StreamsGroupDescribe = api({
  key: 89,
  name: 'StreamsGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupIds: array(string),
    includeAuthorizedOperations: bool,
    includeTopologyDescription: bool.default(false).since(1),
  },
  response: {
    throttleTimeMs: int32,
    groups: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable().default(null),
        groupId: string,
        groupState: string,
        groupEpoch: int32,
        assignmentEpoch: int32,
        topology: struct({
          epoch: int32,
          subtopologies: array(
            struct({
              subtopologyId: string,
              sourceTopics: array(string),
              repartitionSinkTopics: array(string),
              stateChangelogTopics: array(topicInfo),
              repartitionSourceTopics: array(topicInfo),
            }),
          )
            .nullable()
            .default(null),
        })
          .nullable()
          .default(null),
        members: array(
          struct({
            memberId: string,
            memberEpoch: int32,
            instanceId: string.nullable().default(null),
            rackId: string.nullable().default(null),
            clientId: string,
            clientHost: string,
            topologyEpoch: int32,
            processId: string,
            userEndpoint: endpoint.nullable().default(null),
            clientTags: array(keyValue),
            taskOffsets: array(taskOffset),
            taskEndOffsets: array(taskOffset),
            assignment: assignment,
            targetAssignment: assignment,
            isClassic: bool,
          }),
        ),
        authorizedOperations: int32.default(-2147483648),
        topologyDescription: topologyDescription.nullable().default(null).since(1),
        topologyDescriptionStatus: int8.default(0).since(1),
        assignorName: string.nullable().default(null).since(1),
      }),
    ),
  },
})

export interface StreamsGroupDescribeRequest extends RequestOf<typeof StreamsGroupDescribe> {}
export interface StreamsGroupDescribeResponse extends ResponseOf<typeof StreamsGroupDescribe> {}
