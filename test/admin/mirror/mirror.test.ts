/** A mirror between two brokers: what it copies, and where it goes on. */
import t, { type Test } from 'tap'
import { alterConfigs, describeConfigs } from '../../../lib/admin/configs.ts'
import { alterGroupOffsets, groupOffsets } from '../../../lib/admin/groups.ts'
import { Mirror, type MirrorOptions } from '../../../lib/admin/mirror/mirror.ts'
import { PositionWriter, readPositions } from '../../../lib/admin/mirror/positions.ts'
import { listOffsets, offsetSpecs } from '../../../lib/admin/offsets.ts'
import { createPartitions, createTopics } from '../../../lib/admin/topics.ts'
import { systemClock } from '../../../lib/base/clock.ts'
import { recordsOf } from '../../../lib/client/consumer.ts'
import { ClusterOfOne, recordOf } from '../../client/cluster-of-one.ts'

async function two(t: Test): Promise<[ClusterOfOne, ClusterOfOne]> {
  return [await ClusterOfOne.start(t, {}), await ClusterOfOne.start(t, {})]
}

function mirrorOf(from: ClusterOfOne, to: ClusterOfOne, options: Partial<MirrorOptions> = {}): Mirror {
  return new Mirror({
    ...{ name: 'm', source: from.admin, target: to.admin, clock: systemClock },
    ...{ isTopicMeant: () => true, isGroupMeant: () => true, targetOf: name => name },
    warn: sentence => t.comment(sentence),
    ...options,
  })
}

t.test('records come with keys, headers and times, topics with partitions and settings', async t => {
  const [from, to] = await two(t)
  await createTopics(from.admin, [{ name: 'a', partitions: 2, configs: { 'retention.ms': '-1' } }, { name: 'empty' }])
  const producer = await from.producer('a', { compression: 'zstd' })
  for (let index = 0; index < 100; index++) {
    const headers = [{ key: 'h', value: Buffer.from(String(index)) }]
    producer.send('a', { ...recordOf(String(index), `k${index}`), timestamp: 5_000 + index, headers }, index % 2)
  }
  await producer.flush()
  await mirrorOf(from, to).run({ once: true })
  const read = async (cluster: ClusterOfOne) => {
    const consumer = cluster.consumer()
    await consumer.subscribe({ topics: ['a'] })
    const records: unknown[] = []
    while (records.length < 100) {
      const batch = consumer.take()
      if (batch === null) await consumer.wait(1_000)
      else
        for (const { sequence: _, ...record } of recordsOf(batch))
          records.push(JSON.stringify({ partition: batch.partition, ...record }))
    }
    return records.sort()
  }
  t.same(await read(to), await read(from))
  const settings = await describeConfigs(to.admin, { type: 'topic', name: 'a' })
  t.match(
    settings.find(({ name }) => name === 'retention.ms'),
    { value: '-1', configSource: 1 },
  )
  const { topics } = await to.admin.metadata(null)
  t.same([topics.get('a')!.partitions.length, topics.get('empty')!.partitions.length], [2, 1])
})

t.test('it goes on where it stopped, with partitions, settings and topics that came meanwhile', async t => {
  const [from, to] = await two(t)
  await createTopics(from.admin, [{ name: 'a', partitions: 1, configs: { 'retention.ms': '1000000' } }])
  await from.produce('a', ['0', '1'])
  await mirrorOf(from, to).run({ once: true })
  await from.produce('a', ['2'])
  await createPartitions(from.admin, { a: { count: 2 } })
  await from.produce('a', ['3'], {}, 1)
  await createTopics(from.admin, [{ name: 'b' }])
  await from.produce('b', ['4'])
  await alterConfigs(from.admin, { type: 'topic', name: 'a' }, [
    { name: 'retention.ms', value: null },
    { name: 'max.message.bytes', value: '5000' },
  ])
  await mirrorOf(from, to, { targetOf: name => name }).run({ once: true })
  t.same((await to.valuesOf('a', 4)).sort(), ['0@0 0', '0@1 1', '0@2 2', '1@0 3'])
  t.same(await to.valuesOf('b', 1), ['0@0 4'])
  const settings = await describeConfigs(to.admin, { type: 'topic', name: 'a' })
  t.same(
    settings.filter(({ configSource }) => configSource === 1).map(({ name, value }) => [name, value]),
    [['max.message.bytes', '5000']],
  )
})

t.test(
  'transactions that were aborted stay behind, and groups go on at the records that they have not read',
  async t => {
    const [from, to] = await two(t)
    await createTopics(from.admin, [{ name: 'a' }])
    const producer = await from.producer('a', { transactionalId: 'tx' })
    for (let round = 0; round < 6; round++) {
      await producer.begin()
      producer.send('a', recordOf(String(round)))
      await producer.flush()
      await (round % 2 === 0 ? producer.commit() : producer.abort())
    }
    // Records lie at 0, 4 and 8 of the original, and at 0, 1 and 2 of the copy.
    for (const [group, offset] of [
      ['none read', 0],
      ['one read', 1],
      ['two read', 5],
      ['all read', 12],
    ] as const)
      await alterGroupOffsets(from.admin, group, [{ topic: 'a', partition: 0, offset }])
    await mirrorOf(from, to, { isGroupMeant: name => name.endsWith('read') }).run({ once: true })
    t.same(await to.valuesOf('a', 3), ['0@0 0', '0@1 2', '0@2 4'])
    const offsets: (number | undefined)[] = []
    for (const group of ['none read', 'one read', 'two read', 'all read'])
      offsets.push((await groupOffsets(to.admin, group))[0]?.value.offset)
    t.same(offsets, [0, 1, 2, 3])
  },
)

t.test('of two mirrors of one name the younger goes on', async t => {
  const [from, to] = await two(t)
  await createTopics(from.admin, [{ name: 'a' }])
  await from.produce('a', ['0'])
  const older = mirrorOf(from, to, { noteMs: 20 })
  const ended = t.rejects(older.run(), /./)
  while (older.copied === 0) await new Promise(resolve => setTimeout(resolve, 5))
  const younger = mirrorOf(from, to, { noteMs: 20 })
  const running = younger.run()
  const producer = await from.producer('a')
  const timer = setInterval(() => producer.send('a', recordOf('more')), 20)
  await ended
  clearInterval(timer)
  younger.stop()
  await running
})

t.test('a prefix names the copy, and what is not meant is left', async t => {
  const [from, to] = await two(t)
  await createTopics(from.admin, [{ name: 'a' }, { name: 'b' }])
  await from.produce('a', ['0'])
  await mirrorOf(from, to, { isTopicMeant: name => name === 'a', targetOf: name => `copy-${name}` }).run({ once: true })
  t.same(await to.valuesOf('copy-a', 1), ['0@0 0'])
  const { topics } = await to.admin.metadata(null)
  t.notOk(topics.has('copy-b') || topics.has('b'))
})

t.test(
  'records that are sent and not noted are bounded, however well they are compressed and however seldom it notes',
  async t => {
    const [from, to] = await two(t)
    await createTopics(from.admin, [{ name: 'a', partitions: 3 }])
    const count = 150_000
    const producer = await from.producer('a', { compression: 'gzip', batchBytesMax: 65_536 })
    for (let index = 0; index < count; index++)
      if (!producer.send('a', recordOf('x'.repeat(100)), index % 3)) await producer.room()
    await producer.close()
    // Every hour: what is noted is noted because it had to be.
    const mirror = mirrorOf(from, to, { noteMs: 3_600_000 })
    const ended = t.rejects(mirror.run(), /./)
    while (mirror.copied < count / 2) await new Promise(resolve => setImmediate(resolve))
    // Shut out, it can note nothing more, as after a crash.
    await new PositionWriter(to.admin, 'm').begin()
    await ended
    const noted = await readPositions(to.admin, 'm')
    const partitions = [0, 1, 2].map(partition => ({ topic: 'a', partition }))
    const ends = await listOffsets(to.admin, partitions, offsetSpecs.latest)
    const twice = ends.map(({ partition, value }) => value.offset - (noted.get(`a-${partition}`)?.source ?? 0))
    const sum = twice.reduce((total, each) => total + each, 0)
    // A batch that is begun goes whole.
    t.ok(sum >= 0 && sum <= 30_000, `${sum} of ${mirror.copied} would be copied again`)
  },
)
