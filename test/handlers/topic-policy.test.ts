/** Topics that a policy does not allow, by each way in which clients make or enlarge them. */
import t, { type Test } from 'tap'
import { createPartitions } from '../../lib/handlers/create-partitions.ts'
import { createTopics } from '../../lib/handlers/create-topics.ts'
import { metadata } from '../../lib/handlers/metadata.ts'
import { codes } from '../../protocol/errors.ts'
import { clusterContext, topic } from './cluster-context.ts'

type Asked = Parameters<typeof topic>[1]

async function allowing(t: Test, policy: Record<string, string>) {
  const properties = Object.fromEntries(
    Object.entries(policy).map(([name, text]) => [`create.topic.policy.${name}`, text]),
  )
  const { at, cluster } = await clusterContext(t, { properties })
  const create = async (name: string, fields: Asked = {}, validateOnly = false) => {
    const { topics } = await createTopics({ topics: [topic(name, fields)], timeoutMs: 1000, validateOnly }, at(7))
    return topics[0]!
  }
  return { at, cluster, create }
}

t.test('a name that does not match the pattern is refused, also where it is only validated', async t => {
  const { cluster, create } = await allowing(t, { 'name.pattern': 'team-[a-z]+' })
  for (const validateOnly of [true, false]) {
    t.match(await create('orders', {}, validateOnly), {
      errorCode: codes.POLICY_VIOLATION,
      errorMessage: /^orders is no name for a topic here: it has to match /,
    })
  }
  t.equal((await create('my-team-a')).errorCode, codes.POLICY_VIOLATION)
  t.equal((await create('team-orders', {}, true)).errorCode, codes.NONE)
  t.equal((await create('team-orders')).errorCode, codes.NONE)
  t.same([...cluster.image.topics.keys()], ['team-orders'])
})

t.test('a topic of more partitions than are allowed is refused, however they are asked for', async t => {
  const { at, create } = await allowing(t, { 'partitions.max': '3' })
  t.match(await create('a', { numPartitions: 4 }), {
    errorCode: codes.POLICY_VIOLATION,
    errorMessage: 'a with 4 partitions is not allowed: take at most 3',
  })
  const assignments = [0, 1, 2, 3].map(partitionIndex => ({ partitionIndex, brokerIds: [1] }))
  t.equal((await create('a', { assignments })).errorCode, codes.POLICY_VIOLATION)
  t.equal((await create('a', { numPartitions: 2 })).errorCode, codes.NONE)

  const enlarge = async (count: number, validateOnly = false) => {
    const topics = [{ name: 'a', count, assignments: null }]
    return (await createPartitions({ topics, timeoutMs: 1000, validateOnly }, at(3))).results[0]!
  }
  t.equal((await enlarge(4, true)).errorCode, codes.POLICY_VIOLATION)
  t.equal((await enlarge(4)).errorCode, codes.POLICY_VIOLATION)
  t.equal((await enlarge(3)).errorCode, codes.NONE)
})

t.test('a replication factor outside of what is allowed is refused', async t => {
  const few = await allowing(t, { 'replication.factor.min': '2' })
  t.match(await few.create('a', { replicationFactor: 1 }), {
    errorCode: codes.POLICY_VIOLATION,
    errorMessage: 'a with a replication factor of 1 is not allowed: take at least 2',
  })
  const many = await allowing(t, { 'replication.factor.max': '1' })
  t.equal((await many.create('a', { replicationFactor: 1 })).errorCode, codes.NONE)
})

t.test('a topic without the settings that are required is refused', async t => {
  const { create } = await allowing(t, { 'required.configs': 'retention.ms;cleanup.policy=compact' })
  const config = (name: string, value: string) => ({ name, value })
  t.match(await create('a', { configs: [config('cleanup.policy', 'compact')] }), {
    errorCode: codes.POLICY_VIOLATION,
    errorMessage: 'a has to be made with a value of its own for retention.ms',
  })
  t.match(await create('a', { configs: [config('retention.ms', '5'), config('cleanup.policy', 'delete')] }), {
    errorCode: codes.POLICY_VIOLATION,
    errorMessage: 'a has to be made with cleanup.policy=compact',
  })
  const both = [config('retention.ms', '5'), config('cleanup.policy', 'compact')]
  t.equal((await create('a', { configs: both })).errorCode, codes.NONE)
})

t.test('a topic is not made on first use against the policy, and those of the broker itself are', async t => {
  const policy = { 'name.pattern': 'team-.*', 'partitions.max': '1', 'required.configs': 'retention.ms' }
  const { at, cluster } = await allowing(t, policy)
  const topics = ['orders', '__consumer_offsets'].map(name => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))
  const flags = { includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false }
  const answer = await metadata({ topics, allowAutoTopicCreation: true, ...flags }, at(12))
  t.match(answer.topics, [
    { name: 'orders', errorCode: codes.POLICY_VIOLATION },
    { name: '__consumer_offsets', errorCode: codes.NONE },
  ])
  t.same([...cluster.image.topics.keys()], ['__consumer_offsets'])
})
