/** Static members of classic groups (KIP-345), who are replaced by others of their instances in each state of the group. */
import type { Client } from '../../lib/client/client.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { JoinGroup } from '../../protocol/messages/join-group.ts'
import { LeaveGroup } from '../../protocol/messages/leave-group.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { ClientResponseOf } from '../../protocol/schema.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { until } from '../scenario.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { seen } from './consumer-group-world.ts'
import { coordinator, protocols, subscription } from './groups.ts'

/** The first version of JoinGroup that has instances, and one that tells a leader to skip the assignment. */
const [instancesSince, skipsSince] = [5, 9]
const rebalanceInProgress = 27

/** A group, and members in it by their names. */
class Group {
  readonly session: Session
  readonly version: number
  readonly groupId: string
  readonly topic: string
  readonly members: Member[] = []

  constructor(session: Session, what: string, version: number) {
    this.session = session
    this.version = version
    this.groupId = session.name(`${what}-${version}`)
    this.topic = session.name(`${what}-${version}-topic`)
  }

  async member(name: string, instanceId: string): Promise<Member> {
    const member = new Member(this, name, instanceId, await this.session.connect())
    this.members.push(member)
    return member
  }

  async close(): Promise<void> {
    for (const { client } of this.members) await client.close()
  }
}

class Member {
  readonly group: Group
  readonly name: string
  readonly instanceId: string
  readonly client: Client
  memberId = ''
  generationId = -1

  constructor(group: Group, name: string, instanceId: string, client: Client) {
    this.group = group
    this.name = name
    this.instanceId = instanceId
    this.client = client
  }

  /** Sends JoinGroup; what is awaited of it writes the answer down. */
  joins(label: string, wanted = 'wanted', memberId = this.memberId): Promise<ClientResponseOf<typeof JoinGroup>> {
    const { groupId, version, session } = this.group
    const answer = this.client.send(
      JoinGroup,
      version,
      wholeRequest(JoinGroup, {
        ...{ groupId, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000, protocolType: 'consumer', memberId },
        groupInstanceId: this.instanceId,
        protocols: [{ ...protocols[0]!, metadata: subscription(wanted) }],
      }),
    )
    return answer.then(joined => {
      if (joined.errorCode === 0) Object.assign(this, { memberId: joined.memberId, generationId: joined.generationId })
      const members = joined.members.map(({ groupInstanceId }) => groupInstanceId).sort()
      const leader = this.group.members.findLast(({ memberId }) => memberId !== '' && memberId === joined.leader)
      const { errorCode, generationId, protocolName, skipAssignment } = joined
      session.note('JoinGroup', version, `${label}, ${this.name}`, {
        ...{ errorCode, generationId, protocolName, skipAssignment, members },
        ...{
          leader: joined.leader === '' ? '' : (leader?.name ?? 'nobody that is known'),
          named: joined.memberId !== '',
        },
      })
      return joined
    })
  }

  syncs(label: string, assignments: readonly { memberId: string; assignment: Buffer }[] = []): Promise<void> {
    const { groupId, session } = this.group
    const { generationId, memberId, instanceId: groupInstanceId } = this
    const by = { protocolType: 'consumer', protocolName: 'range' }
    const request = wholeRequest(SyncGroup, { groupId, generationId, memberId, groupInstanceId, ...by, assignments })
    return this.client.send(SyncGroup, 5, request).then(({ errorCode, assignment }) => {
      session.note('SyncGroup', 5, `${label}, ${this.name}`, { errorCode, assignment: assignment.toString() })
    })
  }

  async beats(label: string): Promise<void> {
    const { groupId, session } = this.group
    const { generationId, memberId, instanceId: groupInstanceId } = this
    const beat = { groupId, generationId, memberId, groupInstanceId }
    await session.send(Heartbeat, 4, beat, `${label}, ${this.name}`, this.client)
  }

  /** Goes on until it is told to join again. */
  async hears(): Promise<void> {
    const { groupId } = this.group
    const { generationId, memberId, instanceId: groupInstanceId } = this
    await until(`a rebalance, as ${this.name} is told`, async () => {
      const { errorCode } = await this.client.send(Heartbeat, 4, { groupId, generationId, memberId, groupInstanceId })
      return errorCode === rebalanceInProgress ? true : undefined
    })
  }

  /** All that a member does, once another has come in its place. */
  async isGone(label: string): Promise<void> {
    const { groupId, session, topic } = this.group
    const { memberId, generationId, instanceId: groupInstanceId } = this
    await this.beats(label)
    await this.syncs(label)
    const partitions = [{ partitionIndex: 0, committedOffset: 1 }]
    const commit = { groupId, memberId, generationIdOrMemberEpoch: generationId, groupInstanceId }
    const topics = [{ name: topic, partitions }]
    await session.send(OffsetCommit, 8, { ...commit, topics }, `${label}, ${this.name}`, this.client)
    await session.send(
      OffsetCommit,
      8,
      { ...commit, groupInstanceId: null, topics },
      `${label}, by its id`,
      this.client,
    )
    await this.joins(label)
    const members = [{ memberId, groupInstanceId }]
    await session.send(LeaveGroup, 5, { groupId, members }, `${label}, ${this.name}`, this.client)
  }
}

/** A stable group of two, in its second generation. */
async function ofTwo(session: Session, what: string, version: number) {
  const group = new Group(session, what, version)
  await coordinator(session, group.groupId)
  await session.topic(group.topic)
  const [leader, other] = [await group.member('the leader', 'one'), await group.member('the other', 'two')]
  await leader.joins('alone')
  await leader.syncs('alone', [{ memberId: leader.memberId, assignment: Buffer.from('all') }])
  const joined = other.joins('comes')
  await leader.hears()
  await leader.joins('with another')
  await joined
  return { group, leader, other, share: () => shares(leader, other) }
}

function shares(leader: Member, other: Member) {
  return [leader, other].map(({ memberId, name }) => ({ memberId, assignment: Buffer.from(name) }))
}

async function stable(session: Session, what: string, version: number) {
  const made = await ofTwo(session, what, version)
  await made.leader.syncs('of two', made.share())
  await made.other.syncs('of two')
  return made
}

async function eachVersion(run: (version: number) => Promise<Group>): Promise<void> {
  for (const version of [instancesSince, skipsSince]) await (await run(version)).close()
}

async function otherReplaced(session: Session): Promise<void> {
  await eachVersion(async version => {
    const { group, leader, other } = await stable(session, 'other', version)
    const next = await group.member('the next', 'two')
    await next.joins('in the place of the other')
    await next.syncs('in the place of the other')
    await leader.beats('after that')
    await other.isGone('replaced')
    await next.beats('after that')
    return group
  })
}

async function leaderReplaced(session: Session): Promise<void> {
  await eachVersion(async version => {
    const { group, leader, other } = await stable(session, 'leader', version)
    const next = await group.member('the next', 'one')
    await next.joins('in the place of the leader')
    await next.syncs('in the place of the leader')
    await other.beats('after that')
    await leader.isGone('replaced')
    const again = next.joins('again')
    await other.hears()
    await other.joins('again')
    await again
    return group
  })
}

async function wantsOther(session: Session): Promise<void> {
  await eachVersion(async version => {
    const { group, leader, other } = await stable(session, 'wants', version)
    const next = await group.member('the next', 'two')
    await next.joins('in the place of the other, and wants more', 'more')
    await next.syncs('in the place of the other, and wants more')
    await leader.beats('after that')
    await other.beats('replaced')
    return group
  })
}

async function comeBack(session: Session): Promise<void> {
  await eachVersion(async version => {
    const { group, leader, other } = await stable(session, 'back', version)
    await other.joins('as it was')
    await leader.beats('after that')
    await other.joins('with an id that is not its own', 'wanted', 'nobody')
    const joined = other.joins('and wants more', 'more')
    await leader.hears()
    await leader.joins('again')
    await joined
    return group
  })
}

/** Its request to join waits for the leader. */
async function replacedWhileItJoins(session: Session): Promise<void> {
  await eachVersion(async version => {
    const { group, leader, other } = await stable(session, 'joining', version)
    const waits = other.joins('and wants more', 'more')
    await leader.hears()
    const next = await group.member('the next', 'two')
    const joined = next.joins('in the place of one that joins')
    await waits
    await leader.joins('again')
    await joined
    await leader.syncs('again', shares(leader, next))
    await next.syncs('again')
    await other.beats('replaced')
    return group
  })
}

/** Its request for its share waits for the leader. */
async function replacedWhileItSyncs(session: Session): Promise<void> {
  await eachVersion(async version => {
    const { group, leader, other } = await ofTwo(session, 'syncing', version)
    const waits = other.syncs('waits')
    // Requests of a connection are taken in turn: another's answer says nothing of this one.
    await seen()
    const next = await group.member('the next', 'two')
    const joined = next.joins('in the place of one that waits for its share')
    await waits
    await leader.hears()
    await leader.joins('again')
    await joined
    await leader.syncs('again', shares(leader, next))
    await next.syncs('again')
    return group
  })
}

export const staticMemberCases: readonly Case[] = [
  { name: 'static members: another is replaced', run: otherReplaced },
  { name: 'static members: the leader is replaced', run: leaderReplaced },
  { name: 'static members: replaced by one with another subscription', run: wantsOther },
  { name: 'static members: come back by their ids', run: comeBack },
  { name: 'static members: replaced while it joins', run: replacedWhileItJoins },
  { name: 'static members: replaced while it waits for its share', run: replacedWhileItSyncs },
]
