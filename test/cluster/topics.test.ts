/** Plans for topics, and the images that come of them. */
import t from 'tap'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { createPartitionsChanges, createTopicChanges, deleteTopicChanges } from '../../lib/cluster/changes.ts'
import { type BrokerImage, type BrokerPlace, type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { placeReplicas } from '../../lib/cluster/placement.ts'
import { partitionKey, storedConfigs } from '../../lib/cluster/stored.ts'
import {
  planDeletions,
  planPartitions,
  planTopics,
  type TopicRules,
  type TopicToCreate,
} from '../../lib/cluster/topics.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { activeBroker } from './active-broker.ts'

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA'

function broker(id: number, rack: string | null = null): BrokerImage {
  return activeBroker(id, { rack })
}

function place(id: number, rack: string | null = null, isActive = true): BrokerPlace {
  return { id, rack, isActive }
}

let ids = 0
const rules: TopicRules = {
  numPartitions: 2,
  replicationFactor: 1,
  deleteEnabled: true,
  newTopicId: () => `id-${++ids}`,
  randomInt: () => 0,
  checkConfigs: configs => {
    if (configs.has('bad')) throw new KafkaError(codes.INVALID_CONFIG, 'bad is not a property')
  },
}

function topic(name: string, fields: Partial<TopicToCreate> = {}): TopicToCreate {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
}

function assigned(...replicas: [partitionIndex: number, brokerIds: number[]][]): TopicToCreate['assignments'] {
  return replicas.map(([partitionIndex, brokerIds]) => ({ partitionIndex, brokerIds }))
}

/** An image with these topics, on brokers 1 to 3. */
function imageWith(...topics: TopicToCreate[]): ClusterImage {
  const image = { ...emptyImage('cluster', 1), brokers: [broker(1), broker(2), broker(3)] }
  const changes = planTopics(image, topics, rules).flatMap(({ plan }) => createTopicChanges(plan!))
  return applyChanges(image, changes, 1).image
}

function codesOf(image: ClusterImage, ...requests: TopicToCreate[]): number[] {
  return planTopics(image, requests, rules).map(({ error }) => error?.code ?? codes.NONE)
}

t.test('a topic gets the defaults where it asks for -1, and a leader for each partition', t => {
  const image = imageWith(topic('a'))
  const a = image.topics.get('a')!
  t.equal(a.partitions.length, 2)
  const led = { index: 0, leader: 1, leaderEpoch: 0, partitionEpoch: 0, replicas: [1], isr: [1] }
  const plain = { offlineReplicas: [], elr: [], lastKnownElr: [], recovering: false }
  t.same(a.partitions[0], { ...led, ...plain, addingReplicas: [], removingReplicas: [] })
  t.equal(image.topicsById.get(a.topicId), a)
  t.notOk(a.internal)
  t.end()
})

t.test('names are checked as Kafka checks them', t => {
  const image = imageWith(topic('here'), topic('a.b'))
  t.same(codesOf(image, topic('x'.repeat(249)), topic('ok-1_2.3')), [0, 0])
  const bad = ['', '.', '..', 'x'.repeat(250), 'a b', 'a/b', 'ä', 'a$']
  t.same(
    codesOf(image, ...bad.map(name => topic(name))),
    bad.map(() => codes.INVALID_TOPIC_EXCEPTION),
  )
  t.same(codesOf(image, topic('here'), topic('a_b'), topic('__cluster_metadata')), [
    codes.TOPIC_ALREADY_EXISTS,
    codes.INVALID_TOPIC_EXCEPTION,
    codes.INVALID_REQUEST,
  ])
  t.end()
})

t.test('two names of one request that differ only in dot and underscore collide too', t => {
  t.same(codesOf(imageWith(), topic('x.y'), topic('x_y'), topic('xy')), [0, codes.INVALID_TOPIC_EXCEPTION, 0])
  t.end()
})

t.test('a name that is asked for twice in one request is refused once, and not made', t => {
  const plans = planTopics(imageWith(), [topic('a'), topic('b'), topic('a')], rules)
  t.same(
    plans.map(({ name, error }) => [name, error?.code]),
    [
      ['a', codes.INVALID_REQUEST],
      ['b', undefined],
    ],
  )
  t.end()
})

t.test('numbers of partitions and replicas that cannot be are refused', t => {
  const image = imageWith()
  t.same(
    codesOf(
      image,
      topic('a', { numPartitions: 0 }),
      topic('b', { numPartitions: -2 }),
      topic('c', { replicationFactor: 0, numPartitions: 1 }),
      topic('d', { replicationFactor: 4, numPartitions: 1 }),
      topic('e', { numPartitions: 9_998, replicationFactor: 3 }),
    ),
    [
      codes.INVALID_PARTITIONS,
      codes.INVALID_PARTITIONS,
      codes.INVALID_REPLICATION_FACTOR,
      codes.INVALID_REPLICATION_FACTOR,
      codes.NONE,
    ],
  )
  t.same(codesOf(image, topic('a', { numPartitions: 10_000 }), topic('b', { numPartitions: 1 })), [
    codes.POLICY_VIOLATION,
    codes.POLICY_VIOLATION,
  ])
  const twice = topic('a', { numPartitions: 6_000 })
  t.same(codesOf(image, twice, twice, topic('b', { numPartitions: 1 })), [codes.INVALID_REQUEST, codes.NONE])
  t.end()
})

t.test('an assignment by hand is taken as it is, or refused', t => {
  const image = imageWith(topic('by-hand', { assignments: assigned([1, [3, 1]], [0, [2, 3]]) }))
  t.same(
    image.topics.get('by-hand')!.partitions.map(({ replicas, leader }) => [replicas, leader]),
    [
      [[2, 3], 2],
      [[3, 1], 3],
    ],
  )
  const refused: TopicToCreate[] = [
    topic('a', { assignments: assigned([0, [1]], [2, [1]]) }),
    topic('b', { assignments: assigned([0, [1]], [0, [1]]) }),
    topic('c', { assignments: assigned([0, []]) }),
    topic('d', { assignments: assigned([0, [1, 1]]) }),
    topic('e', { assignments: assigned([0, [9]]) }),
    topic('f', { assignments: assigned([0, [1]], [1, [1, 2]]) }),
  ]
  t.same(
    codesOf(image, ...refused),
    refused.map(() => codes.INVALID_REPLICA_ASSIGNMENT),
  )
  t.same(
    codesOf(
      image,
      topic('g', { numPartitions: 1, assignments: assigned([0, [1]]) }),
      topic('h', { replicationFactor: 1, assignments: assigned([0, [1]]) }),
    ),
    [codes.INVALID_REQUEST, codes.INVALID_REQUEST],
  )
  t.end()
})

t.test('settings are checked, and a null one is refused', t => {
  const image = imageWith(topic('a', { configs: [{ name: 'retention.ms', value: '1' }] }))
  t.same([...image.topics.get('a')!.configs], [['retention.ms', '1']])
  t.same(
    codesOf(
      image,
      topic('b', { configs: [{ name: 'bad', value: '1' }] }),
      topic('c', { configs: [{ name: 'retention.ms', value: null }] }),
    ),
    [codes.INVALID_CONFIG, codes.INVALID_CONFIG],
  )
  t.end()
})

t.test('the topics of the broker itself are marked as internal', t => {
  const image = imageWith(topic('__consumer_offsets'), topic('__mine'))
  t.same(
    [...image.topics.values()].map(({ name, internal }) => [name, internal]),
    [
      ['__consumer_offsets', true],
      ['__mine', false],
    ],
  )
  t.end()
})

t.test('a topic grows, and what was there stays as it was', t => {
  const before = imageWith(topic('a', { replicationFactor: 2 }))
  const a = before.topics.get('a')!
  const led = { leader: 2, leaderEpoch: 5, partitionEpoch: 6, isr: [2], offlineReplicas: [] }
  const image = applyChanges(before, [{ key: partitionKey(a.topicId, 0), value: JSON.stringify(led) }], 2).image
  const [plan] = planPartitions(image, [{ name: 'a', count: 4, assignments: null }], rules)
  const { image: after, changed } = applyChanges(image, createPartitionsChanges(plan!.plan!), 3)
  const partitions = after.topics.get('a')!.partitions
  t.equal(partitions.length, 4)
  t.match(partitions[0], led)
  t.equal(partitions[3]!.replicas.length, 2)
  t.equal(changed[0]!.before.partitions.length, 2)
  t.end()
})

t.test('a topic that would not grow, or by the wrong brokers, is refused', t => {
  const image = imageWith(topic('a'))
  const grow = (name: string, count: number, brokers: number[][] | null = null) =>
    planPartitions(image, [{ name, count, assignments: brokers?.map(brokerIds => ({ brokerIds })) ?? null }], rules)[0]!
      .error?.code
  t.equal(grow('a', 3), undefined)
  t.equal(grow('a', 3, [[2]]), undefined)
  t.equal(grow('a', 2), codes.INVALID_PARTITIONS)
  t.equal(grow('a', 1), codes.INVALID_PARTITIONS)
  t.equal(grow('a', -1), codes.INVALID_PARTITIONS)
  t.equal(grow('nowhere', 3), codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(grow('a', 4, [[1]]), codes.INVALID_REPLICA_ASSIGNMENT)
  t.equal(grow('a', 3, [[9]]), codes.INVALID_REPLICA_ASSIGNMENT)
  t.equal(grow('a', 3, [[1, 2]]), codes.INVALID_REPLICA_ASSIGNMENT)
  t.equal(grow('a', 20_000), codes.POLICY_VIOLATION)
  t.end()
})

t.test('where topics together would grow by too much none of them grows', t => {
  const image = imageWith(topic('a'), topic('b'))
  const grow = (...counts: [name: string, count: number][]) =>
    planPartitions(
      image,
      counts.map(([name, count]) => ({ name, count, assignments: null })),
      rules,
    ).map(({ error }) => error?.code ?? codes.NONE)
  t.same(grow(['a', 5_002], ['b', 5_002]), [codes.NONE, codes.NONE])
  t.same(grow(['a', 5_002], ['b', 5_003]), [codes.POLICY_VIOLATION, codes.POLICY_VIOLATION])
  t.same(grow(['a', 3], ['b', 10_003]), [codes.POLICY_VIOLATION, codes.POLICY_VIOLATION])
  // What is not there, would shrink, or is named twice counts for nothing.
  t.same(grow(['a', 10_002], ['nowhere', 10_000], ['b', 1]), [
    codes.NONE,
    codes.UNKNOWN_TOPIC_OR_PARTITION,
    codes.INVALID_PARTITIONS,
  ])
  t.same(grow(['a', 10_002], ['b', 6_000], ['b', 6_000]), [codes.NONE, codes.INVALID_REQUEST])
  t.end()
})

t.test('topics are deleted by name or by id, with all that is kept about them', t => {
  const image = imageWith(topic('a', { configs: [{ name: 'x', value: '1' }] }), topic('b'))
  const a = image.topics.get('a')!
  const [plan] = planDeletions(image, [{ name: null, topicId: a.topicId }], rules)
  t.equal(plan!.name, 'a')
  const { image: after, deleted } = applyChanges(
    image,
    deleteTopicChanges(plan!.topic!).filter(change => 'key' in change),
    2,
  )
  t.same(
    deleted.map(({ name }) => name),
    ['a'],
  )
  t.same([...after.topics.keys()], ['b'])
  t.equal(after.topicsById.size, 1)
  t.end()
})

t.test('a deletion that does not say what it means is refused', t => {
  const image = imageWith(topic('a'), topic('b'))
  const { topicId } = image.topics.get('a')!
  const code = (name: string | null, id: string) => planDeletions(image, [{ name, topicId: id }], rules)[0]!.error?.code
  t.equal(code('nowhere', zeroId), codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(code(null, 'nowhere'), codes.UNKNOWN_TOPIC_ID)
  t.equal(code(null, zeroId), codes.INVALID_REQUEST)
  t.equal(code('a', topicId), codes.INVALID_REQUEST)
  const off = planDeletions(image, [{ name: 'a', topicId: zeroId }], { deleteEnabled: false })
  t.equal(off[0]!.error?.code, codes.TOPIC_DELETION_DISABLED)
  t.end()
})

t.test('a topic that is named twice in one deletion, also by name and id, stays', t => {
  const image = imageWith(topic('a'), topic('b'))
  const { topicId } = image.topics.get('a')!
  const plans = planDeletions(
    image,
    [
      { name: 'a', topicId: zeroId },
      { name: null, topicId },
      { name: 'b', topicId: zeroId },
      { name: 'b', topicId: zeroId },
      { name: 'x', topicId: zeroId },
      { name: 'x', topicId: zeroId },
    ],
    rules,
  )
  t.same(
    plans.map(({ error }) => error?.code),
    [codes.INVALID_REQUEST, codes.INVALID_REQUEST, codes.INVALID_REQUEST, codes.INVALID_REQUEST],
  )
  t.end()
})

t.test('an image does not change when the next one is made of it', t => {
  const before = imageWith(topic('a'), topic('c'))
  const after = applyChanges(before, createTopicChanges(planTopics(before, [topic('b')], rules)[0]!.plan!), 2)
  t.same([...before.topics.keys()], ['a', 'c'])
  t.same([...after.image.topics.keys()], ['a', 'b', 'c'], 'names stay in order')
  t.same(
    after.created.map(({ name }) => name),
    ['b'],
  )
  t.equal(after.image.revision, 2)
  t.end()
})

t.test('a topic made anew under an old name is another topic', t => {
  const before = imageWith(topic('a'))
  const changes = [{ key: 'topics/a', value: JSON.stringify({ topicId: 'new', replicas: [[1]] }) }]
  const { image, created, deleted, changed } = applyChanges(before, changes, 2)
  t.same([created.length, deleted.length, changed.length], [1, 1, 0])
  t.equal(image.topics.get('a')!.topicId, 'new')
  t.equal(image.topicsById.size, 1)
  t.end()
})

t.test('settings of topics, brokers and groups go where they belong, and an empty set is none', t => {
  const before = imageWith(topic('a'))
  const changes = [
    storedConfigs('topic', 'a', new Map([['retention.ms', '1']])),
    storedConfigs('broker', '', new Map([['message.max.bytes', '1']])),
    storedConfigs('group', 'g/1', new Map([['consumer.session.timeout.ms', '1']])),
    storedConfigs('client-metrics', 'm', new Map([['metrics', '*']])),
  ]
  const delta = applyChanges(before, changes, 2)
  t.equal(delta.changed[0]!.after.configs.get('retention.ms'), '1')
  t.same(delta.brokerConfigsChanged, [''])
  t.same(delta.groupConfigsChanged, ['g/1'])
  t.equal(delta.image.otherConfigs.get('client-metrics/m')?.get('metrics'), '*')
  const gone = applyChanges(delta.image, [storedConfigs('broker', '', new Map())], 3)
  t.equal(gone.image.brokerConfigs.size, 0)
  t.end()
})

t.test('brokers come and go', t => {
  const before = imageWith()
  const delta = applyChanges(
    before,
    [
      { key: 'brokers/10', value: '{"rack":"r"}' },
      { key: 'brokers/2', value: null },
    ],
    2,
  )
  t.ok(delta.brokersChanged)
  t.same(
    delta.image.brokers.map(({ id, rack }) => [id, rack]),
    [
      [1, null],
      [3, null],
      [10, 'r'],
    ],
  )
  t.end()
})

t.test('leaders go round the brokers, replicas are distinct, and as many racks are used as there are', t => {
  const brokers = [place(1, 'a'), place(2, 'a'), place(3, 'b'), place(4, 'b'), place(5, 'c')]
  const partitions = placeReplicas(brokers, 50, 3, 2)
  const led = new Map<number, number>()
  for (const replicas of partitions) {
    t.equal(new Set(replicas).size, 3)
    t.equal(new Set(replicas.map(id => brokers.find(each => each.id === id)!.rack)).size, 3)
    led.set(replicas[0]!, (led.get(replicas[0]!) ?? 0) + 1)
  }
  t.same([...led.values()], [10, 10, 10, 10, 10])
  t.same(placeReplicas([place(7)], 2, 1, 5), [[7], [7]])
  t.end()
})

t.test('brokers that are away are given replicas last, and lead nothing', t => {
  const brokers = [place(1), place(2, null, false), place(3)]
  t.same(placeReplicas(brokers, 3, 3, 0), [
    [1, 3, 2],
    [3, 1, 2],
    [1, 3, 2],
  ])
  for (const replicas of placeReplicas(brokers, 10, 2, 0)) t.notOk(replicas.includes(2))
  t.end()
})

t.test('a broker that is away is given a replica before another of a rack that has one, as by Kafka', t => {
  const brokers = [place(1, 'a'), place(2, 'a'), place(3, 'b', false), place(4, 'b', false)]
  for (const [leader, follower] of placeReplicas(brokers, 20, 2, 0)) {
    t.ok(leader! < 3)
    t.ok(follower! > 2)
  }
  for (const replicas of placeReplicas([...brokers, place(5, 'b')], 20, 2, 0)) {
    t.notOk(replicas.includes(3) || replicas.includes(4), 'while its own rack has one that is there')
  }
  t.end()
})

/** Brokers 1 and 2, and 3, which is away. */
function imageWithout3(): ClusterImage {
  const admitted = new Map([1, 2, 3].map(id => [id, { epoch: 1, rack: null }]))
  const starts = new Map([1, 2, 3].map(id => [id, 1]))
  return { ...emptyImage('cluster', 1), brokers: [broker(1), broker(2)], admitted, starts }
}

t.test('a topic is made with replicas on a broker that is away, which is out of sync until it is back', t => {
  const image = imageWithout3()
  const requests = [
    topic('placed', { replicationFactor: 3, numPartitions: 4 }),
    topic('by-hand', { assignments: assigned([0, [3, 2, 1]], [1, [3, 1, 2]]) }),
  ]
  const plans = planTopics(image, requests, rules)
  const made = applyChanges(
    image,
    plans.flatMap(({ plan }) => createTopicChanges(plan!)),
    1,
  ).image
  for (const { replicas, leader, isr, leaderEpoch } of made.topics.get('placed')!.partitions) {
    t.same([...replicas].sort(), [1, 2, 3])
    t.equal(replicas[2], 3)
    t.same(isr, replicas.slice(0, 2))
    t.equal(leader, isr[0])
    t.equal(leaderEpoch, 0)
  }
  t.same(
    made.topics.get('by-hand')!.partitions.map(({ replicas, leader, isr }) => ({ replicas, leader, isr })),
    [
      { replicas: [3, 2, 1], leader: 2, isr: [2, 1] },
      { replicas: [3, 1, 2], leader: 1, isr: [1, 2] },
    ],
  )
  t.end()
})

t.test('nothing is placed where nobody is there to lead it, or on more brokers than are registered', t => {
  const image = imageWithout3()
  const shuttingDown = activeBroker(2, { state: 'shuttingDown' })
  t.same(
    codesOf(
      image,
      topic('a', { replicationFactor: 4 }),
      topic('b', { assignments: assigned([0, [3]]) }),
      topic('c', { assignments: assigned([0, [1, 2]], [1, [3, 7]]) }),
    ),
    [codes.INVALID_REPLICATION_FACTOR, codes.INVALID_REPLICA_ASSIGNMENT, codes.INVALID_REPLICA_ASSIGNMENT],
  )
  t.same(codesOf({ ...image, brokers: [] }, topic('a')), [codes.INVALID_REPLICATION_FACTOR])
  t.same(
    codesOf(
      { ...image, brokers: [broker(1), shuttingDown] },
      topic('a', { replicationFactor: 2 }),
      topic('b', { replicationFactor: 3 }),
    ),
    [codes.NONE, codes.INVALID_REPLICATION_FACTOR],
    'one that shuts down is given nothing',
  )
  t.end()
})

t.test('partitions that are added while a broker is away are out of sync there, and those before as they were', t => {
  const before = imageWithout3()
  const all = { ...before, brokers: [broker(1), broker(2), broker(3)] }
  const grown = (image: ClusterImage, brokers: readonly BrokerImage[], count: number) => {
    const now = { ...image, brokers }
    const [planned] = planPartitions(now, [{ name: 'a', count, assignments: null }], rules)
    return applyChanges(now, createPartitionsChanges(planned!.plan!), 1).image
  }
  const [planned] = planTopics(all, [topic('a', { numPartitions: 1, replicationFactor: 3 })], rules)
  let image = applyChanges(all, createTopicChanges(planned!.plan!), 1).image
  image = grown(image, before.brokers, 2)
  image = grown(image, before.brokers, 3)
  image = grown(image, all.brokers, 4)
  const sizes = (of: ClusterImage) => of.topics.get('a')!.partitions.map(({ isr }) => isr.length)
  t.same(sizes(image), [3, 2, 2, 3])
  t.equal(image.topics.get('a')!.made.length, 3, 'what is the same is kept once')
  t.end()
})
