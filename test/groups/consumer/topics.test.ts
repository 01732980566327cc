/** Hashes of topics are Apache Kafka's to the last bit: what is given here was computed by its own classes. */
import t from 'tap'
import { metadataHash, type TopicInfo } from '../../../lib/groups/consumer/topics.ts'
import { xxh3 } from '../../../lib/groups/consumer/xxh3.ts'

/** By the number of bytes, of which each length has its own way through the hash. */
const hashes: Readonly<Record<number, bigint>> = {
  4: 330396430461541434n,
  5: -6271897055228453683n,
  8: 4268820291649317856n,
  9: -692023762850826293n,
  12: 4108806770049464828n,
  16: 9048513214683920356n,
  17: 9021578923543107484n,
  32: 6809887140961058175n,
  33: 7474940626096090251n,
  65: 5854954145862715370n,
  97: 7343354712810120500n,
  128: -7336584588440872852n,
  129: 6649981455697571024n,
  144: 3074881006626348402n,
  239: 1079785294227749341n,
  240: 7187060630816538868n,
  241: 7970929161853010609n,
  256: 2768073855359201733n,
  257: 1986545180714010604n,
  1023: -2756118333070799703n,
  1024: -3338374742986968327n,
  1025: -5382812832229016916n,
  1088: 8310458826180637074n,
  2048: 6448292239516336217n,
  2049: 2290850247221259521n,
  100001: 6343416908589309375n,
}

t.test('input of every kind of length has the hash that it has in Java', async t => {
  for (const [length, hash] of Object.entries(hashes)) {
    const input = Buffer.from(Array.from({ length: Number(length) }, (_, i) => i * 131 + (i >> 8) * 7 + Number(length)))
    t.equal(xxh3(input), hash, `${length} bytes`)
  }
})

const ids = { first: 'AQIDBAUGBwgREhMUFRYXGA', second: '8fLz9PX29_gREhMUFRYXGA', third: 'AQIDBAUGBwgREhMUFRYXGQ' }

function topic(name: string, topicId: string, replicas: readonly (readonly number[])[]): TopicInfo {
  return { name, topicId, partitions: replicas.map(each => ({ replicas: each })) }
}

function image(topics: readonly TopicInfo[], racks: Readonly<Record<number, string>> = {}) {
  const byName = new Map(topics.map(each => [each.name, each]))
  const brokers = [1, 2, 3].map(id => ({ id, rack: racks[id] ?? null }))
  return { topics: byName, topicsById: new Map(topics.map(each => [each.topicId, each])), brokers, revision: 1 }
}

const alone = (count: number) => Array.from({ length: count }, () => [1])
const orders = topic('orders', ids.first, alone(3))
const letters = topic('letters.é', ids.second, alone(1000))

t.test('a group has the hash of its topics that Apache Kafka has', async t => {
  t.equal(metadataHash([], image([])), 0n)
  t.equal(metadataHash(['gone'], image([orders])), 0n)
  t.equal(metadataHash(['orders', 'gone'], image([orders])), 8632239608810869865n)
  t.equal(metadataHash(['orders', 'letters.é'], image([letters, orders])), 1585013923289179021n)
  const many = Array.from({ length: 40 }, (_, i) => topic(`t${i}`, ids.first, alone(i + 1)))
  t.equal(
    metadataHash(
      many.map(({ name }) => name),
      image(many),
    ),
    -1610233215499191964n,
  )
})

t.test('racks count, as often as a partition has replicas in them', async t => {
  const racked = topic('racked', ids.third, [[1, 2, 3], [2]])
  const racks = { 1: 'north', 2: 'south', 3: 'north' }
  t.equal(metadataHash(['racked'], image([racked], racks)), 9176454313486349994n)
  const moved = metadataHash(['racked'], image([racked], { ...racks, 3: 'south' }))
  t.not(moved, 9176454313486349994n, 'the same topic is hashed anew where a broker has moved')
})
