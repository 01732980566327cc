/** Several data directories: where partitions go, what happens when a directory fails, and what is told of it. */
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Broker } from '../../lib/broker.ts'
import { Client } from '../../lib/client/client.ts'
import { describeLogDirs } from '../../lib/handlers/describe-log-dirs.ts'
import { codes } from '../../protocol/errors.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { memoryFiles } from '../../storage/files.ts'
import { batchOf, breakableFiles, PartitionsFixture, topicImage } from './fixture.ts'

const paths = ['/one', '/two']

function breakable() {
  const state = { broken: '' }
  const files = breakableFiles(memoryFiles(), path => state.broken !== '' && path.startsWith(state.broken))
  return { state, files }
}

function standings(fixture: PartitionsFixture): Record<string, string> {
  return Object.fromEntries([...fixture.partitions.all()].map(each => [each.name, each.standing]))
}

t.test('a partition that cannot be made in one directory is made in the next, and the first is offline', t => {
  const { state, files } = breakable()
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })], paths, files })
  state.broken = '/one'
  fixture.apply({ created: [topicImage('b', { partitions: 2 })] })
  t.same(standings(fixture), { 'a-0': 'offline', 'a-1': 'online', 'b-0': 'online', 'b-1': 'online' })
  t.equal(fixture.partitions.logDirectories.pathOf(fixture.partition('b', 0)), '/two')
  t.same(fixture.failedDirectories, [{ path: '/one', anyUsable: true }])
  t.end()
})

t.test('a checkpoint that cannot be written takes its directory offline, and who has the last is told', async t => {
  const { state, files } = breakable()
  const fixture = new PartitionsFixture({ topics: [topicImage('a', { partitions: 2 })], paths, files })
  fixture.write('a', ['x'], 0)
  fixture.write('a', ['x'], 1)
  state.broken = '/two'
  fixture.clock.advance(10_000)
  await fixture.settle()
  t.same(standings(fixture), { 'a-0': 'online', 'a-1': 'offline' })
  state.broken = '/'
  fixture.write('a', ['x'], 0)
  t.same(fixture.failedDirectories, [
    { path: '/two', anyUsable: true },
    { path: '/one', anyUsable: false },
  ])
  await fixture.close()
  state.broken = ''
  t.notOk(files.exists('/one/.kafka_cleanshutdown'), 'the next start trusts nothing')
  t.notOk(files.exists('/two/.kafka_cleanshutdown'))
  fixture.open()
  t.same(standings(fixture), { 'a-0': 'online', 'a-1': 'online' }, 'all is back after a restart')
  t.equal(fixture.partition('a', 0).logEndOffset, 1)
})

t.test('no new partition goes to a cordoned directory, as long as there is another', t => {
  const fixture = new PartitionsFixture({ paths, cordoned: ['/one'] })
  const { logDirectories } = fixture.partitions
  fixture.apply({ created: [topicImage('a', { partitions: 2 })] })
  t.same(
    [0, 1].map(index => logDirectories.pathOf(fixture.partition('a', index))),
    ['/two', '/two'],
  )
  fixture.cordoned = ['*']
  fixture.apply({ created: [topicImage('b')] })
  t.equal(logDirectories.pathOf(fixture.partition('b')), '/one')
  t.end()
})

t.test('DescribeLogDirs tells sizes, the space of the volume, cordons, and what cannot be used', t => {
  const { state, files } = breakable()
  const fixture = new PartitionsFixture({
    topics: [topicImage('a', { partitions: 3 })],
    paths: ['/one', '/two', '/three'],
    files,
    cordoned: ['/three'],
  })
  const bytes = batchOf(['x']).length
  fixture.write('a', ['x'], 0)
  state.broken = '/two'
  fixture.partition('a', 1).append(batchOf(['x']), { origin: 'client', requiredAcks: 1 })
  fixture.turn()
  const { errorCode, results } = describeLogDirs(
    { topics: [{ topic: 'a', partitions: [0, 0, 1, 7] }] },
    fixture.context(5),
  )
  t.equal(errorCode, codes.NONE)
  const partition = { partitionIndex: 0, partitionSize: bytes, offsetLag: 0, isFutureKey: false }
  const space = { totalBytes: -1, usableBytes: -1 }
  t.same(results, [
    { errorCode: 0, logDir: '/one', topics: [{ name: 'a', partitions: [partition] }], ...space, isCordoned: false },
    { errorCode: codes.KAFKA_STORAGE_ERROR, logDir: '/two', topics: [], isCordoned: false },
    { errorCode: 0, logDir: '/three', topics: [], ...space, isCordoned: true },
  ])
  t.end()
})

/** A broker on two directories that soon notices when one of them is gone. */
async function onTwoDirectories(dir: string): Promise<Broker> {
  return Broker.start({
    port: 0,
    dev: true,
    properties: {
      'log.dirs': `${dir}/one,${dir}/two`,
      'replica.high.watermark.checkpoint.interval.ms': '50',
      'offsets.topic.num.partitions': '4',
    },
    logger: silentLogger,
  })
}

/** As if its disk were gone: nothing can be made or opened there. */
function breakDirectory(path: string): void {
  rmSync(path, { recursive: true })
  writeFileSync(path, 'no directory')
}

async function connected<T>(broker: Broker, ask: (client: Client) => Promise<T>): Promise<T> {
  const [host, port] = broker.bootstrap.split(':')
  const client = await Client.connect({ host: host!, port: Number(port) })
  try {
    return await ask(client)
  } finally {
    await client.close()
  }
}

/** The error codes of the coordinators of twenty groups. */
function coordinatorsOf(broker: Broker) {
  const coordinatorKeys = Array.from({ length: 20 }, (_, index) => `group-${index}`)
  return connected(broker, async client => {
    const { coordinators } = await client.send(FindCoordinator, 4, { key: '', keyType: 0, coordinatorKeys })
    return new Set(coordinators.map(({ errorCode }) => errorCode))
  })
}

function metadataOf(broker: Broker, topics: readonly string[]) {
  return connected(broker, async client => {
    const answer = await client.send(Metadata, 8, {
      topics: topics.map(name => ({ name, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' })),
      allowAutoTopicCreation: true,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
    return answer.topics.flatMap(({ partitions }) => partitions)
  })
}

t.test('a broker whose metadata are in a directory that is away does not begin another cluster', async t => {
  const dir = t.testdir()
  const first = await onTwoDirectories(dir)
  await metadataOf(first, ['a', 'b'])
  await first.stop()
  breakDirectory(`${dir}/one`)
  await t.rejects(onTwoDirectories(dir), /metadata are in none of the data directories/)
  await t.rejects(onTwoDirectories(dir), /metadata are in none of the data directories/, 'nothing was left locked')
})

t.test('a broker stops by itself where the disk of its metadata fails, and goes on without another', async t => {
  const dir = t.testdir()
  const broker = await onTwoDirectories(dir)
  t.teardown(() => broker.stop().catch(() => undefined))
  await metadataOf(broker, ['a', 'b', 'c', 'd'])
  t.same(await coordinatorsOf(broker), new Set([codes.NONE]))
  breakDirectory(`${dir}/two`)
  const created = await metadataOf(broker, ['e', 'f', 'g', 'h'])
  t.ok(
    created.every(({ errorCode }) => errorCode === codes.NONE),
    'new partitions go to the other directory',
  )
  const partitions = await metadataOf(broker, ['a', 'b', 'c', 'd'])
  t.ok(partitions.some(({ leaderId, errorCode }) => leaderId === -1 && errorCode === codes.LEADER_NOT_AVAILABLE))
  t.ok(partitions.some(({ leaderId }) => leaderId === 1))
  t.same(await coordinatorsOf(broker), new Set([codes.NONE, codes.COORDINATOR_NOT_AVAILABLE]))
  breakDirectory(`${dir}/one`)
  await metadataOf(broker, ['i']).catch(() => [])
  t.match(await broker.failed, /data director/)
})

t.test(
  'the partitions of a directory that fails are without a leader in another epoch, and led again in a later one',
  async t => {
    const dir = t.testdir()
    const names = ['a', 'b', 'c', 'd']
    const epochsOf = async (broker: Broker) =>
      (await metadataOf(broker, names)).map(({ leaderId, leaderEpoch }) => [leaderId, leaderEpoch])
    const first = await onTwoDirectories(dir)
    t.same(new Set((await epochsOf(first)).map(String)), new Set(['1,0']))
    cpSync(`${dir}/two`, `${dir}/kept`, { recursive: true })
    breakDirectory(`${dir}/two`)
    // Whatever is made next meets the directory.
    await metadataOf(first, ['e', 'f'])
    t.same(new Set((await epochsOf(first)).map(String)), new Set(['1,0', '-1,1']))
    await first.stop()

    const second = await onTwoDirectories(dir)
    t.same(new Set((await epochsOf(second)).map(String)), new Set(['1,2', '-1,3']), 'it is still away')
    await second.stop()
    rmSync(`${dir}/two`)
    renameSync(`${dir}/kept`, `${dir}/two`)
    const third = await onTwoDirectories(dir)
    t.same(new Set((await epochsOf(third)).map(String)), new Set(['1,4']))
    await third.stop()
  },
)
