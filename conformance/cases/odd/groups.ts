/** Odd values in the requests about groups, each of which has one static member where it has any. */
import { ConsumerGroupDescribe } from '../../../protocol/messages/consumer-group-describe.ts'
import { ConsumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import { DeleteGroups } from '../../../protocol/messages/delete-groups.ts'
import { DescribeGroups } from '../../../protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../../protocol/messages/leave-group.ts'
import { ListGroups } from '../../../protocol/messages/list-groups.ts'
import { OffsetCommit } from '../../../protocol/messages/offset-commit.ts'
import { OffsetDelete } from '../../../protocol/messages/offset-delete.ts'
import { OffsetFetch } from '../../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../../protocol/messages/sync-group.ts'
import type { Session } from '../../session.ts'
import { type Case, saysMore } from '../case.ts'
import { coordinator, subscription } from '../groups.ts'
import { coordinators } from '../transactions/producer.ts'
import { oddCase } from './odd.ts'
import type { Plain } from './variants.ts'

const groupInstanceId = 'one'
const protocols = [{ name: 'range', metadata: subscription('wanted') }]
const named = { protocolType: 'consumer', protocolName: 'range' }
/** As long as nobody's session runs out meanwhile. */
const joining = { sessionTimeoutMs: 300_000, rebalanceTimeoutMs: 300_000, protocolType: 'consumer', protocols }

interface Member {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string
}

async function joined(session: Session, groupId: string): Promise<Member> {
  await coordinator(session, groupId)
  const request = { ...joining, groupId, groupInstanceId }
  const { generationId, memberId } = await session.prepare(JoinGroup, 9, request)
  return { groupId, generationId, memberId, groupInstanceId }
}

async function stable(session: Session, groupId: string): Promise<Member> {
  const member = await joined(session, groupId)
  const assignments = [{ memberId: member.memberId, assignment: Buffer.from('all') }]
  await session.prepare(SyncGroup, 5, { ...member, ...named, assignments })
  return member
}

async function committed(session: Session, groupId: string, name: string): Promise<void> {
  await coordinator(session, groupId)
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'a note' }]
  await session.prepare(OffsetCommit, 8, { groupId, topics: [{ name, partitions }] })
}

export const oddGroupCases: readonly Case[] = [
  oddCase({
    api: FindCoordinator,
    make: async session => {
      await coordinator(session, session.name('group'))
      await coordinators(session, [session.name('group')])
    },
    good: ({ session }) => ({ key: session.name('group'), keyType: 0, coordinatorKeys: [session.name('group')] }),
    differs: [saysMore('* keyType = 2')],
  }),
  oddCase({
    api: JoinGroup,
    make: session => coordinator(session, session.name('any')),
    good: ({ own }) => ({ ...joining, groupId: own('joined'), memberId: '', groupInstanceId, reason: null }),
    differs: [
      {
        answer: '* protocols = twice',
        path: '',
        ours: {
          throttleTimeMs: 0,
          errorCode: 0,
          generationId: 1,
          protocolType: 'consumer',
          protocolName: 'range',
          leader: '<memberId 1>',
          skipAssignment: false,
          memberId: '<memberId 1>',
          members: {
            '<memberId 1>': {
              memberId: '<memberId 1>',
              groupInstanceId,
              metadata: subscription('wanted').toString('base64'),
            },
          },
        },
        reason: '**JoinGroup** with a protocol that is named twice is answered; Kafka leaves it without an answer',
      },
      {
        answer: '* protocols[0].name = empty',
        path: 'protocolName',
        ours: '',
        reason: '**JoinGroup** tells the protocol that was chosen, where its name is empty too; Kafka tells null',
      },
    ],
  }),
  oddCase({
    api: SyncGroup,
    good: async ({ session, own }) => {
      const member = await joined(session, own('synced'))
      return { ...member, ...named, assignments: [{ memberId: member.memberId, assignment: Buffer.from('all') }] }
    },
  }),
  oddCase({
    api: Heartbeat,
    good: async ({ session, own }) => ({ ...(await stable(session, own('beating'))) }),
  }),
  oddCase({
    api: LeaveGroup,
    good: async ({ session, own }) => {
      const { groupId, memberId } = await stable(session, own('left'))
      return { groupId, memberId, members: [{ memberId, groupInstanceId, reason: null }] }
    },
  }),
  oddCase({
    api: ConsumerGroupHeartbeat,
    make: async session => {
      const name = session.name('consumed')
      await coordinator(session, name)
      return { name, topicId: await session.topic(name) }
    },
    good: async ({ session, made: { name, topicId }, own }) => {
      const groupId = own('beats')
      const all = {
        rackId: 'here',
        rebalanceTimeoutMs: 300_000,
        serverAssignor: 'uniform',
        instanceId: groupInstanceId,
      }
      const member = { ...all, groupId, memberId: 'one', subscribedTopicNames: [name], subscribedTopicRegex: null }
      await session.prepare(ConsumerGroupHeartbeat, 1, { ...member, memberEpoch: 0, topicPartitions: [] })
      return { ...member, memberEpoch: 2, topicPartitions: [{ topicId, partitions: [0] }] }
    },
  }),
  oddCase({
    api: ConsumerGroupDescribe,
    make: async session => {
      const name = session.name('seen')
      await coordinator(session, name)
      await session.topic(name)
      const joining = {
        groupId: name,
        memberId: 'one',
        memberEpoch: 0,
        rebalanceTimeoutMs: 300_000,
        topicPartitions: [],
      }
      await session.prepare(ConsumerGroupHeartbeat, 1, { ...joining, subscribedTopicNames: [name] })
      return name
    },
    good: ({ made }) => ({ groupIds: [made], includeAuthorizedOperations: false }),
  }),
  oddCase({
    api: OffsetCommit,
    make: async session => {
      const name = session.name('committed')
      await coordinator(session, name)
      return { name, topicId: await session.topic(name) }
    },
    good: ({ made: { name, topicId }, own }) => {
      const one = { partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: 'a note' }
      return {
        groupId: own('commits'),
        generationIdOrMemberEpoch: -1,
        groupInstanceId: null,
        retentionTimeMs: -1,
        topics: [{ name, topicId, partitions: [one] }],
      }
    },
  }),
  oddCase({
    api: OffsetCommit,
    what: 'by a member',
    make: async session => {
      const name = session.name('committed')
      return { name, topicId: await session.topic(name) }
    },
    good: async ({ session, made: { name, topicId }, own }) => {
      const { generationId, ...member } = await stable(session, own('commits'))
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedLeaderEpoch: 0, committedMetadata: null }]
      return { ...member, generationIdOrMemberEpoch: generationId, topics: [{ name, topicId, partitions }] }
    },
    without: path => path.startsWith('topics') || path === 'retentionTimeMs',
  }),
  oddCase({
    api: OffsetFetch,
    make: async session => {
      const name = session.name('fetched')
      const topicId = await session.topic(name)
      await committed(session, name, name)
      return { name, topicId }
    },
    good: ({ made: { name, topicId } }) => {
      const topics = [{ name, topicId, partitionIndexes: [0] }]
      return { groupId: name, topics, groups: [{ groupId: name, memberId: null, memberEpoch: -1, topics }] }
    },
  }),
  oddCase({
    api: OffsetDelete,
    make: async session => {
      const name = session.name('forgotten')
      await session.topic(name)
      return name
    },
    good: async ({ session, made, own }) => {
      const groupId = own('forgets')
      await committed(session, groupId, made)
      return { groupId, topics: [{ name: made, partitions: [{ partitionIndex: 0 }] }] }
    },
  }),
  oddCase({
    api: DescribeGroups,
    make: session => stable(session, session.name('described')),
    good: ({ made: { groupId } }) => ({ groups: [groupId] }),
  }),
  oddCase({
    api: ListGroups,
    make: session => stable(session, session.name('listed')),
    good: () => ({ statesFilter: ['Stable'], typesFilter: ['classic'] }),
    compared: (answer: Plain, session) => ({
      ...answer,
      groups: (answer.groups as readonly { readonly groupId: string }[]).filter(({ groupId }) =>
        groupId.includes(session.run),
      ),
    }),
  }),
  oddCase({
    api: DeleteGroups,
    make: session => session.topic(session.name('committed')).then(() => session.name('committed')),
    good: async ({ session, made, own }) => {
      const groupId = own('deleted')
      await committed(session, groupId, made)
      return { groupsNames: [groupId] }
    },
  }),
]
