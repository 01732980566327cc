/** A broker's surroundings for the handlers of groups: a real cluster and real groups, on partitions in memory. */
import type { Test } from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Groups, offsetsTopic } from '../../lib/coordination/groups.ts'
import type { Context, Operation, ResourceType } from '../../lib/handlers/context.ts'
import { joinGroup } from '../../lib/handlers/join-group.ts'
import { syncGroup } from '../../lib/handlers/sync-group.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { OffsetCommitRequest } from '../../protocol/messages/offset-commit.ts'
import { FakePartition } from '../coordination/fake-partition.ts'
import { joinRequest, syncRequest } from '../groups/bench.ts'
import { clusterContext, topic } from './cluster-context.ts'

export interface GroupContextOptions {
  readonly properties?: Record<string, string>
  readonly deny?: (operation: Operation, type: ResourceType, name: string) => boolean
  /** False: nobody has asked for a coordinator yet, so that groups have no place. */
  readonly offsetsTopic?: boolean
}

export async function groupContext(t: Test, options: GroupContextOptions = {}) {
  const properties = {
    'group.initial.rebalance.delay.ms': '0',
    'offsets.topic.num.partitions': '3',
    ...options.properties,
  }
  const { cluster, config, at } = await clusterContext(t, { ...options, properties })
  const logs = new Map<number, FakePartition>()
  const logOf = (index: number) => {
    const log = logs.get(index) ?? new FakePartition()
    logs.set(index, log)
    return log
  }
  const partitions = { get: (name: string, index: number) => (name === offsetsTopic ? logOf(index) : undefined) }
  const clock = new ManualClock()
  const random = seededRandom(2)
  const start = () => new Groups({ cluster, config, partitions, clock, random, logger: silentLogger })
  const broker = { ...at(0).broker, groups: start(), clock }
  const inVersion = (apiVersion: number): Context => ({ ...at(apiVersion), broker })
  if (options.offsetsTopic !== false) await cluster.autoCreateTopic(offsetsTopic)
  await cluster.createTopics([topic('t', { numPartitions: 2, replicationFactor: 1 })])
  const topicId = cluster.image.topics.get('t')!.topicId

  /** Joins and lets the initial delay pass. */
  const join = async (request: Partial<JoinGroupRequest> = {}, version = 3): Promise<JoinGroupResponse> => {
    const answer = joinGroup(joinRequest(request), inVersion(version))
    clock.advance(0)
    return answer
  }
  return {
    cluster,
    clock,
    logs,
    topicId,
    at: inVersion,
    join,
    /** Another broker process in this one's place, on the same logs. */
    restart: () => {
      broker.groups.close()
      broker.groups = start()
    },
    /** A member that has joined and synced alone. */
    stable: async (groupId = 'g', request: Partial<JoinGroupRequest> = {}) => {
      const joined = await join({ groupId, ...request })
      const { memberId, generationId = -1 } = joined
      const assignments = [{ memberId, assignment: Buffer.from('all') }]
      await syncGroup(syncRequest({ groupId, memberId, generationId, assignments }), inVersion(3))
      return memberId
    },
  }
}

export function commitRequest(request: Partial<OffsetCommitRequest>): OffsetCommitRequest {
  return {
    groupId: 'g',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: [commitTopic('t', 0)],
    ...request,
  }
}

/** Offsets to be committed for partitions of one topic, each 10 and its index. */
export function commitTopic(name: string, ...indexes: number[]): OffsetCommitRequest['topics'][number] {
  return {
    name,
    topicId: name,
    partitions: indexes.map(partitionIndex => ({
      partitionIndex,
      committedOffset: 10 + partitionIndex,
      committedLeaderEpoch: -1,
      commitTimestamp: -1,
      committedMetadata: null,
    })),
  }
}
