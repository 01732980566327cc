/** What the controller writes, as the cluster is. */
import t from 'tap'
import { applyChanges } from '../../lib/cluster/apply.ts'
import {
  type BrokerImage,
  type ClusterImage,
  emptyImage,
  type PartitionImage,
  type TopicImage,
} from '../../lib/cluster/image.ts'
import { planElections } from '../../lib/controller/elect.ts'
import { planCancellation, planReassignment } from '../../lib/controller/reassign.ts'
import { admission, type ControllerRules, rebalance, reconcile } from '../../lib/controller/reconcile.ts'
import { codes } from '../../protocol/errors.ts'

const rules: ControllerRules = { minInsyncReplicas: () => 2, isUncleanElectionEnabled: () => false }

function broker(id: number, fields: Partial<BrokerImage> = {}): BrokerImage {
  return { id, epoch: 1, rack: null, state: 'active', endpoints: [], previousEpoch: -1, ...fields }
}

function runs(admitted: readonly (readonly [number, number])[]): ClusterImage['admitted'] {
  return new Map(admitted.map(([id, epoch]) => [id, { epoch, rack: null }]))
}

/** An image with one topic, a, of two partitions on brokers 1 to 3, and one, b, that only broker 3 has. */
function imageOf(brokers: readonly BrokerImage[], admitted: readonly (readonly [number, number])[]): ClusterImage {
  const image = {
    ...emptyImage('cluster', 1),
    brokers: [broker(1), broker(2), broker(3)],
    admitted: runs([1, 2, 3].map(id => [id, 1])),
    featureLevels: new Map([['eligible.leader.replicas.version', 1]]),
  }
  const changes = [
    {
      key: 'topics/a',
      value: JSON.stringify({
        topicId: 'id-of-a',
        replicas: [
          [1, 2, 3],
          [2, 3, 1],
        ],
      }),
    },
    { key: 'topics/b', value: JSON.stringify({ topicId: 'id-of-b', replicas: [[3]] }) },
  ]
  return { ...applyChanges(image, changes, 1).image, brokers, admitted: runs(admitted) }
}

const allAdmitted = [1, 2, 3].map(id => [id, 1] as const)

t.test('nothing is written where all are there', async t => {
  const image = imageOf([broker(1), broker(2), broker(3)], allAdmitted)
  t.same(reconcile(image, rules), { partitions: [], admissions: [] })
})

t.test('a broker that is gone leads and is in sync nowhere, and what it has alone stays as it is', async t => {
  const { partitions } = reconcile(imageOf([broker(1), broker(2)], allAdmitted), rules)
  t.same(
    partitions.map(({ topic, index, state }) => [topic.name, index, state.leader, state.isr]),
    [
      ['a', 0, 1, [1, 2]],
      ['a', 1, 2, [2, 1]],
    ],
  )
})

t.test('who shuts down hands on what it leads', async t => {
  const image = imageOf([broker(1, { state: 'shuttingDown' }), broker(2), broker(3)], allAdmitted)
  t.match(reconcile(image, rules).partitions, [
    { index: 0, state: { leader: 2, isr: [2, 3] } },
    { index: 1, state: { leader: 2, isr: [2, 3] } },
  ])
})

t.test(
  'a new run of a broker is admitted once it is out of sync everywhere, even where it stopped and started unseen',
  async t => {
    const image = imageOf([broker(1, { epoch: 2, state: 'fenced' }), broker(2), broker(3)], allAdmitted)
    const { partitions, admissions } = reconcile(image, rules)
    t.same(admissions, [{ id: 1, epoch: 2, rack: null }])
    t.match(partitions, [
      { index: 0, state: { leader: 2 } },
      { index: 1, state: { leader: 2 } },
    ])
    t.equal(admission(image, 1, rules).length, 2)
  },
)

t.test('a broker that was unregistered is no more eligible when it comes back, however well it stopped', async t => {
  const back = broker(3, { epoch: 2, state: 'fenced', previousEpoch: 1 })
  const image = imageOf([broker(1), broker(2), back], allAdmitted)
  const stored = { leader: -1, leaderEpoch: 1, partitionEpoch: 1, isr: [], offlineReplicas: [], elr: [3] }
  const changes = [{ key: 'partitions/id-of-a/0', value: JSON.stringify(stored) }]
  const eligible = { ...applyChanges(image, changes, 2).image, brokers: image.brokers }
  const elrOf = (admitted: ClusterImage['admitted']) =>
    reconcile({ ...eligible, admitted }, rules).partitions.find(({ index }) => index === 0)?.state.elr
  t.equal(elrOf(eligible.admitted), undefined, 'it has all that it had')
  t.same(elrOf(runs(allAdmitted.slice(0, 2))), [])
})

t.test('of a broker alone nothing is to be written before it takes part', async t => {
  const image = imageOf([broker(3, { epoch: 2, state: 'fenced' })], allAdmitted)
  t.same(admission({ ...image, topics: image.topics }, 4, rules), [])
})

t.test('only topics that changed are looked at while the brokers are the same', async t => {
  const before = imageOf([broker(1), broker(2)], allAdmitted)
  t.same(reconcile(before, rules, before).partitions, [])
  const changed = applyChanges(before, [{ key: 'configs/topic/a', value: '{"retention.ms":"1"}' }], 2).image
  t.equal(reconcile(changed, rules, before).partitions.length, 2)
})

t.test('the preferred leaders lead again when leaders are balanced', async t => {
  const image = withPartition(imageOf([broker(1), broker(2), broker(3)], allAdmitted), 'a', { leader: 3 })
  t.match(rebalance(image, rules), [{ index: 0, state: { leader: 1, leaderEpoch: 1 } }])
})

function withPartition(image: ClusterImage, name: string, fields: Partial<PartitionImage>): ClusterImage {
  const topic = image.topics.get(name)!
  const state = { ...topic.partitions[0]!, ...fields, partitionEpoch: 1 }
  return applyChanges(image, [{ key: `partitions/${topic.topicId}/0`, value: JSON.stringify(state) }], 3).image
}

t.test('elections that are asked for answer as Apache Kafka does', async t => {
  const all = [broker(1), broker(2), broker(3)]
  const image = imageOf(all, allAdmitted)
  const elect = (of: ClusterImage, election: 'preferred' | 'unclean', topic = 'a', index = 0) =>
    planElections(of, [{ topic, index }], election, rules)[0]!.errorCode
  t.equal(elect(image, 'preferred'), codes.ELECTION_NOT_NEEDED)
  t.equal(elect(image, 'preferred', 'x'), codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(elect(image, 'preferred', 'a', 2), codes.UNKNOWN_TOPIC_OR_PARTITION)
  t.equal(elect(withPartition(image, 'a', { leader: 2 }), 'preferred'), codes.NONE)
  t.equal(elect(withPartition(image, 'a', { leader: 2, isr: [2] }), 'preferred'), codes.PREFERRED_LEADER_NOT_AVAILABLE)
  const led = withPartition(image, 'a', { leader: -1, isr: [], lastKnownElr: [] })
  t.equal(elect(led, 'unclean'), codes.NONE)
  t.equal(elect({ ...led, brokers: [] }, 'unclean'), codes.ELIGIBLE_LEADERS_NOT_AVAILABLE)
})

t.test('a reassignment adds and takes away until it is done or given up', async t => {
  const brokers = [broker(1), broker(2), broker(3), broker(4)]
  const image = imageOf(brokers, [...allAdmitted, [4, 1]])
  const topic = image.topics.get('a')!
  const begun = planReassignment(image, topic, 0, [4, 1], rules)!
  t.match(begun.state, {
    replicas: [4, 1, 2, 3],
    addingReplicas: [4],
    removingReplicas: [2, 3],
    isr: [1, 2, 3],
    leader: 1,
  })
  t.equal(planReassignment(image, topic, 0, [1, 2, 3], rules), null)
  t.throws(() => planReassignment(image, topic, 0, [5], rules), { code: codes.INVALID_REPLICA_ASSIGNMENT })
  const without = { ...image, brokers: brokers.slice(0, 3) }
  t.match(planReassignment(without, topic, 0, [4], rules)!.state, { addingReplicas: [4], leader: 1 }, 'it is away')
  t.throws(() => planReassignment(image, topic, 0, [1, 1], rules), { code: codes.INVALID_REPLICA_ASSIGNMENT })
  t.throws(() => planCancellation(image, topic, 0, rules), { code: codes.NO_REASSIGNMENT_IN_PROGRESS })
  const partitions = [{ ...topic.partitions[0]!, ...begun.state }, topic.partitions[1]!]
  const moving: TopicImage = { ...topic, partitions }
  t.match(planCancellation(image, moving, 0, rules)!.state, {
    replicas: [1, 2, 3],
    addingReplicas: [],
    removingReplicas: [],
  })
})

t.test('a reassignment in the place of another keeps what the first one added until it is done', async t => {
  const brokers = [broker(1), broker(2), broker(3), broker(4)]
  const image = imageOf(brokers, [...allAdmitted, [4, 1]])
  const topic = image.topics.get('a')!
  // 2 came in sync, and 1 was lost before 3 did: 2 alone has what was committed since.
  const half = { replicas: [2, 3, 1], addingReplicas: [2, 3], removingReplicas: [1], isr: [2], leader: 2 }
  const moving: TopicImage = { ...topic, partitions: [{ ...topic.partitions[0]!, ...half }, topic.partitions[1]!] }
  const { state } = planReassignment(image, moving, 0, [3, 4], rules)!
  t.match(state, {
    replicas: [3, 4, 2, 1],
    addingReplicas: [3, 4],
    removingReplicas: [2, 1],
    isr: [2],
    leader: 2,
  })
  const back = planReassignment(image, moving, 0, [1], rules)!
  t.match(back.state, { replicas: [1, 2, 3], addingReplicas: [], removingReplicas: [2, 3], isr: [2], leader: 2 })
})
