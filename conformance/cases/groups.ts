/** Classic groups, member by member, and the offsets that they commit. */
import type { Client } from '../../lib/client/client.ts'
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { DescribeGroups } from '../../protocol/messages/describe-groups.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { ClientRequestOf } from '../../protocol/schema.ts'
import type { Loose, Session } from '../session.ts'
import type { Case } from './case.ts'

/** A consumer's subscription to one topic, version 0: Kafka reads it, and never answers where it cannot. */
export function subscription(topic: string): Buffer {
  const name = Buffer.from(topic)
  const bytes = Buffer.alloc(2 + 4 + 2 + name.length + 4, 0)
  bytes.writeInt32BE(1, 2)
  bytes.writeInt16BE(name.length, 6)
  name.copy(bytes, 8)
  bytes.writeInt32BE(-1, 8 + name.length)
  return bytes
}

export const protocols = [{ name: 'range', metadata: subscription('wanted') }]

export function join(
  session: Session,
  version: number,
  groupId: string,
  label: string,
  extra: Loose<ClientRequestOf<typeof JoinGroup>> = {},
  by?: Client,
) {
  return session.send(
    JoinGroup,
    version,
    { groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: 'consumer', protocols, ...extra },
    label,
    by,
  )
}

/** The coordinator may still be loading; its answer is awaited before anything is compared. */
export async function coordinator(session: Session, groupId: string): Promise<void> {
  for (let attempt = 0; attempt < 250; attempt++) {
    const { errorCode } = await session.prepare(FindCoordinator, 2, { key: groupId })
    const { groups } = await session.prepare(DescribeGroups, 0, { groups: [groupId] })
    if (errorCode === 0 && groups[0]!.errorCode !== 14 && groups[0]!.errorCode !== 16 && groups[0]!.errorCode !== 15)
      return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function found(session: Session): Promise<void> {
  await coordinator(session, session.name('group'))
  for (const version of session.versions(FindCoordinator)) {
    const key = session.name('group')
    await session.send(
      FindCoordinator,
      version,
      version >= 4 ? { coordinatorKeys: [key, `${key}-2`] } : { key },
      'a group',
    )
    await session.send(
      FindCoordinator,
      version,
      version >= 4 ? { coordinatorKeys: [''] } : { key: '' },
      'an empty name',
    )
    if (version >= 1)
      await session.send(
        FindCoordinator,
        version,
        version >= 4 ? { keyType: 9, coordinatorKeys: [key] } : { keyType: 9, key },
        'an unknown type',
      )
  }
}

async function lifeOfOne(session: Session): Promise<void> {
  for (const version of session.versions(JoinGroup)) {
    const groupId = session.name(`one-${version}`)
    await coordinator(session, groupId)
    let member = await join(session, version, groupId, 'first')
    if (member.errorCode === 79)
      member = await join(session, version, groupId, 'with the id that it was given', { memberId: member.memberId })
    const { memberId, generationId } = member
    const sync = Math.min(version, session.latest(SyncGroup))
    const beat = Math.min(version, session.latest(Heartbeat))
    await session.send(Heartbeat, beat, { groupId, generationId, memberId }, 'before the sync')
    await session.send(
      SyncGroup,
      sync,
      {
        groupId,
        generationId,
        memberId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [{ memberId, assignment: Buffer.from('all') }],
      },
      'by the leader',
    )
    await session.send(
      SyncGroup,
      sync,
      { groupId, generationId, memberId, protocolType: 'consumer', protocolName: 'range' },
      'again',
    )
    await session.send(
      SyncGroup,
      sync,
      { groupId, generationId: 7, memberId, protocolType: 'consumer', protocolName: 'range' },
      'another generation',
    )
    await session.send(Heartbeat, beat, { groupId, generationId, memberId }, 'stable')
    await session.send(Heartbeat, beat, { groupId, generationId: generationId + 1, memberId }, 'another generation')
    await session.send(Heartbeat, beat, { groupId, generationId, memberId: 'nobody' }, 'an unknown member')
    await session.sendAtEach(DescribeGroups, { groups: [groupId], includeAuthorizedOperations: false }, 'stable')
    await join(session, version, groupId, 'another protocol type', { protocolType: 'connect' })
    await join(session, version, groupId, 'no protocol in common', {
      protocols: [{ name: 'other', metadata: Buffer.alloc(0) }],
    })
    await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, 'with a member')
    const leave = Math.min(version, session.latest(LeaveGroup))
    await session.send(
      LeaveGroup,
      leave,
      leave >= 3 ? { groupId, members: [{ memberId: 'nobody' }, { memberId }] } : { groupId, memberId },
      'leaves',
    )
    await session.sendAtEach(DescribeGroups, { groups: [groupId] }, 'empty')
    await session.send(Heartbeat, beat, { groupId, generationId, memberId }, 'after the end')
  }
}

async function refused(session: Session): Promise<void> {
  const groupId = session.name('refused')
  await coordinator(session, groupId)
  const version = session.latest(JoinGroup)
  await join(session, version, '', 'no name')
  await join(session, version, groupId, 'too short a session', { sessionTimeoutMs: 5 })
  await join(session, version, groupId, 'too long a session', { sessionTimeoutMs: 90_000_000 })
  await join(session, version, groupId, 'an unknown member', { memberId: 'nobody' })
  await join(session, version, groupId, 'no protocols', { protocols: [] })
  await join(session, version, groupId, 'no protocol type', { protocolType: '' })
  await session.send(Heartbeat, 4, { groupId: session.name('none'), generationId: 0, memberId: 'm' }, 'no such group')
  await session.send(
    SyncGroup,
    5,
    { groupId: session.name('none'), generationId: 0, memberId: 'm', protocolType: 'consumer', protocolName: 'range' },
    'no such group',
  )
  await session.send(LeaveGroup, 4, { groupId: session.name('none'), members: [{ memberId: 'm' }] }, 'no such group')
  await session.send(
    DescribeGroups,
    session.latest(DescribeGroups),
    { groups: [session.name('none')] },
    'no such group',
  )
  await session.sendAtEach(DeleteGroups, { groupsNames: [session.name('none'), ''] }, 'no such group')
}

/** Two members: the second starts a rebalance, which the first learns by its heartbeat. */
async function lifeOfTwo(session: Session): Promise<void> {
  const groupId = session.name('two')
  await coordinator(session, groupId)
  const [a, b] = [await session.connect(), await session.connect()]
  try {
    const first = await join(
      session,
      4,
      groupId,
      'the first',
      { memberId: (await join(session, 4, groupId, 'the first asks', {}, a)).memberId },
      a,
    )
    await session.send(
      SyncGroup,
      3,
      {
        groupId,
        generationId: first.generationId,
        memberId: first.memberId,
        assignments: [{ memberId: first.memberId, assignment: Buffer.from('all') }],
      },
      'alone',
      a,
    )
    const { memberId } = await session.prepare(JoinGroup, 4, {
      groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols,
    })
    const secondJoins = b.send(JoinGroup, 4, {
      groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId,
      protocolType: 'consumer',
      protocols,
    })
    for (;;) {
      const { errorCode } = await a.send(Heartbeat, 3, {
        groupId,
        generationId: first.generationId,
        memberId: first.memberId,
      })
      if (errorCode !== 0) {
        session.note('Heartbeat', 3, 'while the second joins', { errorCode })
        break
      }
    }
    const again = await join(session, 4, groupId, 'the first joins again', { memberId: first.memberId }, a)
    const second = await secondJoins
    session.note('JoinGroup', 4, 'the second', { ...second, members: second.members.length })
    const syncs = [
      b.send(SyncGroup, 3, { groupId, generationId: second.generationId, memberId, assignments: [] }),
      a.send(SyncGroup, 3, {
        groupId,
        generationId: again.generationId,
        memberId: first.memberId,
        assignments: [first.memberId, memberId].map(each => ({
          memberId: each,
          assignment: Buffer.from(each === memberId ? 'B' : 'A'),
        })),
      }),
    ]
    for (const { errorCode, assignment } of await Promise.all(syncs))
      session.note('SyncGroup', 3, 'of two', { errorCode, assignment: assignment.toString() })
    await session.send(DescribeGroups, 0, { groups: [groupId] }, 'of two')
  } finally {
    await a.close()
    await b.close()
  }
}

async function staticMembers(session: Session): Promise<void> {
  const groupId = session.name('static')
  await coordinator(session, groupId)
  const version = session.latest(JoinGroup)
  const first = await join(session, version, groupId, 'first', { groupInstanceId: 'one' })
  const { generationId, memberId } = first
  await session.send(SyncGroup, 5, {
    groupId,
    generationId,
    memberId,
    groupInstanceId: 'one',
    protocolType: 'consumer',
    protocolName: 'range',
    assignments: [{ memberId, assignment: Buffer.from('all') }],
  })
  const back = await join(session, version, groupId, 'back again', { groupInstanceId: 'one' })
  await session.send(Heartbeat, 4, { groupId, generationId, memberId, groupInstanceId: 'one' }, 'by the old self')
  await session.send(
    Heartbeat,
    4,
    { groupId, generationId: back.generationId, memberId: back.memberId, groupInstanceId: 'one' },
    'by the new self',
  )
  await session.send(
    LeaveGroup,
    4,
    {
      groupId,
      members: [
        { memberId: '', groupInstanceId: 'one' },
        { memberId: '', groupInstanceId: 'two' },
      ],
    },
    'taken out by instance',
  )
}

async function committed(session: Session): Promise<void> {
  const name = session.name('committed')
  const topicId = await session.topic(name, 2)
  for (const version of session.versions(OffsetCommit)) {
    const groupId = session.name(`commits-${version}`)
    await coordinator(session, groupId)
    const commit = (
      partitionIndex: number,
      committedOffset: number,
      label: string,
      extra: Loose<ClientRequestOf<typeof OffsetCommit>> = {},
    ) => {
      const partitions = [{ partitionIndex, committedOffset, committedLeaderEpoch: 0, committedMetadata: 'a note' }]
      return session.send(
        OffsetCommit,
        version,
        { groupId, topics: [version >= 10 ? { topicId, partitions } : { name, partitions }], ...extra },
        label,
      )
    }
    await commit(0, 5, 'without a member')
    await commit(1, 0, 'of another partition')
    await commit(9, 5, 'of an unknown partition')
    await commit(0, 5, 'by an unknown member', { memberId: 'nobody', generationIdOrMemberEpoch: 3 })
    await commit(0, -4, 'of a negative offset')
    for (const fetch of session.versions(OffsetFetch)) {
      if (fetch >= 10)
        await session.send(OffsetFetch, fetch, {
          groups: [{ groupId, topics: [{ topicId, partitionIndexes: [0, 1, 9] }] }],
        })
      else if (fetch >= 8)
        await session.send(OffsetFetch, fetch, {
          groups: [{ groupId, topics: [{ name, partitionIndexes: [0, 1, 9] }] }],
        })
      else await session.send(OffsetFetch, fetch, { groupId, topics: [{ name, partitionIndexes: [0, 1, 9] }] })
      if (fetch >= 8)
        await session.send(
          OffsetFetch,
          fetch,
          {
            groups: [
              { groupId, topics: null },
              { groupId: session.name('none'), topics: null },
            ],
          },
          'all of them',
        )
      else if (fetch >= 2) await session.send(OffsetFetch, fetch, { groupId, topics: null }, 'all of them')
    }
  }
  const large = session.name('large')
  await coordinator(session, large)
  await session.send(
    OffsetCommit,
    8,
    {
      groupId: large,
      topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: 'x'.repeat(5_000) }] }],
    },
    'too long a note',
  )
  await session.send(DeleteGroups, 2, { groupsNames: [session.name('commits-8')] }, 'with offsets')
  await session.send(OffsetFetch, 7, { groupId: session.name('commits-8'), topics: null }, 'after the group is gone')
}

async function listed(session: Session): Promise<void> {
  const groupId = session.name('listed')
  const name = session.name('listed')
  await session.topic(name)
  await coordinator(session, groupId)
  await session.prepare(OffsetCommit, 8, {
    groupId,
    topics: [{ name, partitions: [{ partitionIndex: 0, committedOffset: 1, committedMetadata: null }] }],
  })
  for (const version of session.versions(ListGroups)) {
    const { groups, errorCode } = await session.prepare(ListGroups, version, {})
    session.note('ListGroups', version, 'ours among them', {
      errorCode,
      ours: groups.filter(group => group.groupId === groupId).map(group => ({ ...group })),
    })
  }
  const filtered = async (filter: { statesFilter?: string[]; typesFilter?: string[] }) => {
    const { groups, errorCode } = await session.prepare(ListGroups, 5, filter)
    session.note('ListGroups', 5, JSON.stringify(filter), {
      errorCode,
      found: groups.some(group => group.groupId === groupId),
    })
  }
  await filtered({ statesFilter: ['Empty'] })
  await filtered({ statesFilter: ['empty'] })
  await filtered({ statesFilter: ['Stable'] })
  await filtered({ typesFilter: ['classic'] })
  await filtered({ typesFilter: ['consumer'] })
  await filtered({ typesFilter: ['nonsense'] })
}

/** Why version 0 of commits and fetches of offsets differs. */
const inZooKeeper =
  '**OffsetCommit** and **OffsetFetch** version 0: Kafka kept these offsets in ZooKeeper, and refuses them without it; here they are kept as all others are'

export const groupCases: readonly Case[] = [
  { name: 'FindCoordinator at every version', run: found },
  { name: 'a group of one, at every version of JoinGroup', run: lifeOfOne },
  { name: 'a group of two', run: lifeOfTwo },
  { name: 'static members', run: staticMembers },
  { name: 'groups: what is refused', run: refused },
  {
    name: 'OffsetCommit and OffsetFetch at every version',
    run: committed,
    differs: [
      { answer: 'OffsetCommit v0 *', path: '*errorCode', ours: 0, reason: inZooKeeper },
      { answer: 'OffsetFetch v0*', path: '*errorCode', ours: 0, reason: inZooKeeper },
      { answer: 'OffsetFetch v0*', path: '*.0.committedOffset', ours: -4, reason: inZooKeeper },
      { answer: 'OffsetFetch v0*', path: '*.1.committedOffset', ours: 0, reason: inZooKeeper },
      { answer: 'OffsetFetch v0*', path: '*metadata', ours: 'a note', reason: inZooKeeper },
    ],
  },
  { name: 'ListGroups and its filters', run: listed },
]
