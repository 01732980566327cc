/** The topics of an image: the same as two maps would be, and shared between images. */
import t, { type Test } from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { applyChanges } from '../../lib/cluster/apply.ts'
import { type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import { partitionKey, topicKey, writeStored } from '../../lib/cluster/stored.ts'
import { TopicMap, type TopicMaps, topicMaps, withTopics } from '../../lib/cluster/topic-map.ts'

interface Named {
  readonly name: string
  readonly topicId: string
  readonly version: number
}

/** What two plain maps would hold. */
function same(t: Test, maps: TopicMaps<Named>, model: ReadonlyMap<string, Named>): void {
  const inOrder = [...model.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  t.same([...maps.topics.values()], inOrder)
  t.same(
    [...maps.topics],
    inOrder.map(topic => [topic.name, topic]),
  )
  t.same([maps.topics.size, maps.topicsById.size], [model.size, model.size])
  t.ok(
    inOrder.every(topic => maps.topics.get(topic.name) === topic && maps.topicsById.get(topic.topicId) === topic),
    'each is found by name and by id',
  )
  const visited: [string, Named][] = []
  maps.topicsById.forEach((topic, id) => void visited.push([id, topic]))
  t.same(new Map(visited), new Map(inOrder.map(topic => [topic.topicId, topic])))
  t.same([...maps.topics.keys()], [...inOrder.map(({ name }) => name)])
}

t.test('topics that come, change and go in any order are found as in two maps, and no image of before changes', t => {
  const random = seededRandom(5)
  let maps: TopicMaps<Named> = topicMaps<Named>([])
  let model = new Map<string, Named>()
  let ids = 0
  const earlier: [TopicMaps<Named>, Map<string, Named>][] = []
  const make = (name: string): Named => ({ name, topicId: `id${ids++}`, version: 0 })
  for (let round = 0; round < 200; round++) {
    earlier.push([maps, new Map(model)])
    model = new Map(model)
    const changed = [...model.values()].filter(() => random.int(20) === 0).map(one => ({ ...one, version: round }))
    for (const topic of changed) model.set(topic.name, topic)
    if (changed.length > 0) maps = TopicMap.changed(maps, changed)
    if (random.int(3) > 0) {
      const deleted = [...model.values()].filter(() => random.int(30) === 0)
      for (const { name } of deleted) model.delete(name)
      // Some under a name that has just become free.
      const names = [...deleted.map(({ name }) => name).filter(() => random.int(2) === 0)]
      for (let i = random.int(40); i > 0; i--) names.push(`t${random.int(2_000)}`)
      const created = [...new Set(names)].filter(name => !model.has(name)).map(make)
      for (const topic of created) model.set(topic.name, topic)
      maps = withTopics(maps, created, deleted)
    }
  }
  t.ok(model.size > 256, `${model.size} topics lie in several pieces`)
  for (const [before, was] of [...earlier.filter((_, i) => i % 20 === 0), [maps, model] as const]) same(t, before, was)
  t.notOk(maps.topics.has('nowhere') || maps.topicsById.has('nowhere'))
  t.equal(maps.topics.get('nowhere'), undefined)
  t.end()
})

t.test('a change to one partition leaves what it has of all other topics where it is', t => {
  const count = 10_000
  const topicId = (index: number) => `id-${String(index).padStart(19, '0')}`
  const listing = Array.from({ length: count }, (_, index) => ({
    key: topicKey(`t${String(index).padStart(5, '0')}`),
    value: writeStored({ topicId: topicId(index), replicas: [[1]], made: [] }),
  }))
  let image: ClusterImage = applyChanges(emptyImage('c', 1), listing, 1).image
  const before = [...image.topics.values()]
  const change = (index: number, revision: number) => {
    const stored = { leader: 1, leaderEpoch: revision, partitionEpoch: revision, isr: [1], offlineReplicas: [] }
    image = applyChanges(image, [{ key: partitionKey(topicId(index), 0), value: writeStored(stored) }], revision).image
  }
  const images: ClusterImage[] = []
  for (let revision = 2; revision < 102; revision++) {
    change((revision * 7919) % count, revision)
    images.push(image)
  }
  const after = [...image.topics.values()]
  t.equal(after.filter((topic, index) => topic !== before[index]).length, 100)
  const changedAt = (2 * 7919) % count
  t.equal(images[0]!.topics.get(`t${String(changedAt).padStart(5, '0')}`)!.partitions[0]!.leaderEpoch, 2)
  t.equal(images[99]!.topicsById.get(topicId(changedAt))!.partitions[0]!.leaderEpoch, 2)
  t.end()
})
