/**
 * Groups of both kinds, some half way from one to the other, in the files of one broker and then of the other: Apache Kafka writes them and
 * they are the same here, they go on here, and then they are the same in Apache Kafka. Nobody makes an assignment that nothing asked for.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { fetchKafka, startKafka } from '../kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import { runScenarios, until } from '../scenario.ts'
import { Session } from '../session.ts'
import { settings as groupSettings, groupsOfAllKinds } from '../tools/cases/consumer-groups.ts'
import { joinClassic, Member, owning } from '../tools/members.ts'
import { World } from '../tools/world.ts'
import { describedGroups } from './described.ts'

const settings = { ...groupSettings, 'node.id': '1', 'offsets.topic.num.partitions': '2' }
/** What test/groups/kafka-groups.test.ts reads. */
const fixtures = fileURLToPath(new URL('../../test/fixtures/', import.meta.url))

/** Answers how many scenarios failed. With `record`, what Apache Kafka wrote becomes a fixture. */
export function crossReplay(word: string, record: boolean): Promise<number> {
  const scenario = {
    name: 'groups in the files of Apache Kafka, of ours, and of Apache Kafka again',
    ...skipped(),
    run: () => replayed(record),
  }
  return runScenarios(
    'cross-replay',
    [scenario].filter(({ name }) => name.includes(word)),
  )
}

function skipped(): { readonly skipped?: string } {
  const missing = fetchKafka()
  return missing === null ? {} : { skipped: missing }
}

type Described = Awaited<ReturnType<typeof describedGroups>>

async function replayed(record: boolean): Promise<string> {
  const kafka = await startKafka(mkdtempSync(join(tmpdir(), 'kafka-')), settings, { heapMb: 512 })
  try {
    const there = await inWorld(kafka.bootstrap, async world => {
      await world.begin()
      await groupsOfAllKinds(world)
      const matching = { subscribedTopicNames: [], subscribedTopicRegex: 'o.*' }
      await owning([await Member.join(world, 'matching', 'matcher', matching)], [4])
    })
    let here: Described = {}
    await kafka.restart('SIGTERM', async () => {
      if (record) write(kafka.dataDirectory, there)
      here = await continued(kafka.dataDirectory, there)
    })
    const again = await inWorld(kafka.bootstrap, async ({ session }) => {
      // It answers while it loads groups, with those that it has.
      const count = Object.keys(here).length
      await until(`${count} groups`, async () => {
        const { groups } = await session.prepare(ListGroups, 5, { statesFilter: [], typesFilter: [] })
        return groups.length === count ? true : undefined
      })
    })
    assert.deepEqual(again, here, 'Apache Kafka describes what was written here as it was described here')
    await unchanged(kafka.bootstrap, again)
    return `${Object.keys(there).length} groups, then ${Object.keys(again).length}`
  } finally {
    await kafka.stop()
  }
}

/** Does something to a broker's groups, and gives what it says of them then. */
async function inWorld(bootstrap: string, act: (world: World) => Promise<void>): Promise<Described> {
  const world = new World(bootstrap)
  try {
    await world.session.led('__consumer_offsets')
    await act(world)
    return await describedGroups(world.session)
  } finally {
    await world.close()
  }
}

/** A broker of ours takes the directory over, and the groups go on: one is upgraded, one downgraded, members come and go. */
async function continued(directory: string, there: Described): Promise<Described> {
  await withOwn(directory, async bootstrap => {
    assert.deepEqual(await inWorld(bootstrap, async () => {}), there, 'what Apache Kafka wrote is described alike')
    await unchanged(bootstrap, there)
    await inWorld(bootstrap, async world => {
      const orders = { subscribedTopicNames: ['orders'] }
      await Member.join(world, 'classic', 'upgrader', orders)
      await world.session.prepare(ConsumerGroupHeartbeat, 1, { groupId: 'moving', memberId: 'mover', memberEpoch: -1 })
      const other = { subscribedTopicNames: ['other'] }
      await owning([await Member.join(world, 'idle', 'back', { ...other, instanceId: 'chair', rackId: 'west' })], [1])
      await Member.join(world, 'readers', 'reader-three', { ...orders, serverAssignor: 'range' })
      const matching = { subscribedTopicNames: [], subscribedTopicRegex: 'or.*' }
      await owning([await Member.join(world, 'made', 'maker', matching)], [3])
      await world.commit('plain', 'orders', 2, 1)
      await joinClassic(world, 'made classic', 'other')
    })
  })
  // That a classic group rebalances is not on record, here as there.
  return withOwn(directory, bootstrap => inWorld(bootstrap, async () => {}))
}

/** A broker of ours on a directory, which is stopped well. */
async function withOwn<T>(directory: string, act: (bootstrap: string) => Promise<T>): Promise<T> {
  const own = await startOwnBroker([
    ...['--data', directory, '--port', '0', '--log-level', 'error', '--set'],
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ])
  try {
    return await act(own.bootstrap)
  } finally {
    assert.equal(await own.stop(), 0)
  }
}

/** A heartbeat of each member that has what it shall have finds nothing to be done: the topics are the same. */
async function unchanged(bootstrap: string, described: Described): Promise<void> {
  const session = new Session(bootstrap, '')
  try {
    for (const [groupId, about] of Object.entries(described)) {
      const { groupType, groupState, groupEpoch, members } = about as Readonly<{
        groupType: string
        groupState: string
        groupEpoch: number
        members: readonly { readonly memberId: string; readonly memberEpoch: number; readonly memberType: number }[]
      }>
      if (groupType !== 'consumer' || groupState !== 'Stable') continue
      for (const { memberId, memberEpoch } of members.filter(({ memberType }) => memberType === 1)) {
        const told = await session.prepare(ConsumerGroupHeartbeat, 1, { groupId, memberId, memberEpoch })
        assert.equal(told.errorMessage, null)
        assert.equal(told.memberEpoch, groupEpoch, `${memberId} of ${groupId} stays in its epoch`)
        assert.equal(told.assignment, null)
      }
    }
    assert.deepEqual(await describedGroups(session), described, 'heartbeats change nothing')
  } finally {
    await session.close()
  }
}

function write(directory: string, described: Described): void {
  const archive = join(fixtures, 'kafka-groups.tar.gz')
  const packed = spawnSync('tar', ['--format=ustar', '--sort=name', '-czf', archive, '-C', directory, '.'])
  if (packed.status !== 0) throw new Error(`tar failed: ${packed.stderr}`)
  const lines = Object.entries(described).map(each => `${JSON.stringify(each)}\n`)
  writeFileSync(join(fixtures, 'kafka-groups.jsonl'), lines.join(''))
}
