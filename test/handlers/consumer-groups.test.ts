/** The APIs of consumer groups (KIP-848), from request to answer, with a cluster in memory. */
import t from 'tap'
import { consumerGroupDescribe, refuseConsumerGroupDescribe } from '../../lib/handlers/consumer-group-describe.ts'
import { consumerGroupHeartbeat, refuseConsumerGroupHeartbeat } from '../../lib/handlers/consumer-group-heartbeat.ts'
import { describeGroups } from '../../lib/handlers/describe-groups.ts'
import { listGroups } from '../../lib/handlers/list-groups.ts'
import { offsetCommit } from '../../lib/handlers/offset-commit.ts'
import { offsetFetch } from '../../lib/handlers/offset-fetch.ts'
import { codes } from '../../protocol/errors.ts'
import { ConsumerGroupDescribe } from '../../protocol/messages/consumer-group-describe.ts'
import {
  ConsumerGroupHeartbeat,
  type ConsumerGroupHeartbeatRequest,
} from '../../protocol/messages/consumer-group-heartbeat.ts'
import { encodable } from './cluster-context.ts'
import { commitRequest, commitTopic, type GroupContextOptions, groupContext } from './group-context.ts'

type Fields = Partial<ConsumerGroupHeartbeatRequest>

async function broker(t: Parameters<typeof groupContext>[0], options?: GroupContextOptions) {
  const context = await groupContext(t, options)
  const beat = async (fields: Fields, version = 1) => {
    const whole: ConsumerGroupHeartbeatRequest = {
      ...{ groupId: 'g', memberId: 'm', memberEpoch: 0, instanceId: null, rackId: null, rebalanceTimeoutMs: 1000 },
      ...{ subscribedTopicNames: ['t'], subscribedTopicRegex: null, serverAssignor: null, topicPartitions: [] },
      ...fields,
    }
    return consumerGroupHeartbeat(whole, context.at(version))
  }
  const describe = async (groupIds: string[], includeAuthorizedOperations = false) =>
    consumerGroupDescribe({ groupIds, includeAuthorizedOperations }, context.at(1))
  return { ...context, beat, describe }
}

t.test('a member joins, is described, and leaves', async t => {
  const { beat, describe, topicId, at } = await broker(t)
  const answer = await beat({})
  encodable(t, ConsumerGroupHeartbeat, answer)
  const topicPartitions = [{ topicId, partitions: [0, 1] }]
  t.match(answer, { errorCode: 0, memberId: 'm', memberEpoch: 2, assignment: { topicPartitions } })
  const described = await describe(['g', 'none', ''])
  encodable(t, ConsumerGroupDescribe, described)
  const assigned = { topicPartitions: [{ topicId, topicName: 't', partitions: [0, 1] }] }
  t.match(described.groups[0], { groupState: 'Stable', groupEpoch: 2, assignmentEpoch: 2, assignorName: 'uniform' })
  t.match(described.groups[0]!.members, [{ memberId: 'm', assignment: assigned, targetAssignment: assigned }])
  t.match(described.groups.slice(1), [{ errorCode: codes.GROUP_ID_NOT_FOUND }, { errorCode: codes.INVALID_GROUP_ID }])
  t.match(await listGroups({ statesFilter: [], typesFilter: ['Consumer'] }, at(5)), { groups: [{ groupId: 'g' }] })
  t.match(await listGroups({ statesFilter: [], typesFilter: ['classic'] }, at(5)), { groups: [] })
  const asClassic = await describeGroups({ groups: ['g'], includeAuthorizedOperations: false }, at(6))
  t.match(asClassic, { groups: [{ errorCode: codes.GROUP_ID_NOT_FOUND, groupState: 'Dead' }] })
  t.match(await beat({ memberEpoch: -1 }), { errorCode: 0, memberEpoch: -1 })
  t.match(await describe(['g'], true), { groups: [{ groupState: 'Empty', members: [], authorizedOperations: 3400 }] })
})

t.test('what members of version 0 leave to the broker: their ids', async t => {
  const { beat } = await broker(t)
  const { memberId } = await beat({ memberId: '' }, 0)
  t.match(memberId, /^[0-9a-f]{8}-/)
  await t.rejects(beat({ memberId: '' }, 1), { code: codes.INVALID_REQUEST })
})

t.test('requests that are wrong whatever the group', async t => {
  const { beat } = await broker(t)
  const invalid: Fields[] = [
    { groupId: ' ' },
    { memberId: '' },
    { instanceId: '' },
    { rackId: '' },
    { rebalanceTimeoutMs: -1 },
    { topicPartitions: null },
    { topicPartitions: [{ topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [0] }] },
    { subscribedTopicNames: null },
    { memberEpoch: -2 },
    { memberEpoch: -3 },
  ]
  for (const fields of invalid) {
    await t.rejects(beat(fields), { code: codes.INVALID_REQUEST }, JSON.stringify(fields))
  }
  await t.rejects(beat({ serverAssignor: 'mine' }), { code: codes.UNSUPPORTED_ASSIGNOR })
  t.match(await beat({ subscribedTopicRegex: '(' }), { errorCode: codes.INVALID_REGULAR_EXPRESSION })
  t.match(await beat({ subscribedTopicRegex: 'a'.repeat(5000) }), { errorCode: codes.INVALID_REGULAR_EXPRESSION })
})

t.test('where consumer groups are off, both APIs are of an unsupported version', async t => {
  const { beat, describe, cluster } = await broker(t)
  await cluster.updateFeatures(new Map([['group.version', 0]]))
  await t.rejects(beat({}), { code: codes.UNSUPPORTED_VERSION })
  await t.rejects(describe(['g']), { code: codes.UNSUPPORTED_VERSION })
  const properties = { 'group.coordinator.rebalance.protocols': 'classic' }
  const other = await broker(t, { properties })
  await t.rejects(other.beat({}), { code: codes.UNSUPPORTED_VERSION })
})

t.test('members need READ on the group and DESCRIBE on its topics, and so does who describes it', async t => {
  const noGroup = await broker(t, { deny: (_operation, type) => type === 'group' })
  await t.rejects(noGroup.beat({}), { code: codes.GROUP_AUTHORIZATION_FAILED })
  t.match(await noGroup.describe(['g']), { groups: [{ errorCode: codes.GROUP_AUTHORIZATION_FAILED }] })
  let denies = true
  const noTopic = await broker(t, { deny: (_operation, type) => denies && type === 'topic' })
  await t.rejects(noTopic.beat({}), { code: codes.TOPIC_AUTHORIZATION_FAILED })
  denies = false
  await noTopic.beat({})
  denies = true
  t.match(await noTopic.describe(['g']), { groups: [{ errorCode: codes.TOPIC_AUTHORIZATION_FAILED, members: [] }] })
})

t.test('refusals tell the code in the form of each API', async t => {
  const refusal = { errorCode: 7, errorMessage: 'why', apiVersion: 1 }
  const { errorCode, errorMessage } = refusal
  t.match(refuseConsumerGroupHeartbeat({} as ConsumerGroupHeartbeatRequest, refusal), { errorCode, errorMessage })
  const refused = refuseConsumerGroupDescribe({ groupIds: ['g'] }, refusal)
  t.match(refused, { groups: [{ groupId: 'g', errorCode: 7, errorMessage: 'why' }] })
})

t.test('offsets are committed and asked for in the epoch of the member', async t => {
  const { beat, at, topicId } = await broker(t)
  await beat({})
  const topics = [{ ...commitTopic('t', 0), topicId }]
  const commit = async (fields: Partial<Parameters<typeof commitRequest>[0]>, version = 10) => {
    const answer = await offsetCommit(commitRequest({ topics, ...fields }), at(version))
    return answer.topics[0]!.partitions[0]!.errorCode
  }
  t.equal(await commit({ memberId: 'm', generationIdOrMemberEpoch: 2 }), 0)
  t.equal(await commit({ memberId: 'm', generationIdOrMemberEpoch: 3 }), codes.STALE_MEMBER_EPOCH)
  t.equal(await commit({ memberId: 'm', generationIdOrMemberEpoch: 1 }), codes.STALE_MEMBER_EPOCH, 'was not given yet')
  t.equal(await commit({ memberId: 'x', generationIdOrMemberEpoch: 2 }), codes.UNKNOWN_MEMBER_ID)
  t.equal(await commit({ memberId: 'm', generationIdOrMemberEpoch: 2 }, 8), codes.UNSUPPORTED_VERSION)
  t.equal(await commit({}), codes.UNKNOWN_MEMBER_ID, 'from outside, while there are members')
  const fetch = async (memberId: string | null, memberEpoch: number) => {
    const group = { groupId: 'g', topics: null, memberId, memberEpoch }
    const request = { groupId: '', topics: null, groups: [group], requireStable: false }
    return (await offsetFetch(request, at(9))).groups![0]!
  }
  t.match(await fetch('m', 2), { errorCode: 0, topics: [{ partitions: [{ committedOffset: 10 }] }] })
  t.match(await fetch(null, -1), { errorCode: 0, topics: [{ partitions: [{ committedOffset: 10 }] }] })
  t.match(await fetch('m', 3), { errorCode: codes.STALE_MEMBER_EPOCH, topics: [] })
  t.match(await fetch('x', 2), { errorCode: codes.UNKNOWN_MEMBER_ID, topics: [] })
  await beat({ memberEpoch: -1 })
  t.equal(await commit({}), 0, 'from outside, as the group is empty')
})

t.test('what is set for a group alone counts for its members', async t => {
  const { beat, clock, describe, cluster } = await broker(t, {
    properties: {
      'group.consumer.min.session.timeout.ms': '1000',
      'group.consumer.min.heartbeat.interval.ms': '100',
    },
  })
  const set = (name: string, value: string) =>
    cluster.alterConfigs([{ owner: 'group', name: 'g', alter: before => new Map([...before, [name, value]]) }])
  await set('consumer.heartbeat.interval.ms', '800')
  await set('consumer.session.timeout.ms', '2000')
  t.match(await beat({}), { heartbeatIntervalMs: 800 })
  clock.advance(1999)
  t.match(await describe(['g']), { groups: [{ groupState: 'Stable' }] })
  clock.advance(1)
  t.match(await describe(['g']), { groups: [{ groupState: 'Empty' }] })
})
