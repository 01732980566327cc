/**
 * Groups of the consumer protocol, and groups on their way to it and back, with members of three families under load:
 *
 *     npm run conformance -- groups [WORD]
 *
 * No record is lost, no partition is owned by two members at once, as their callbacks tell, and what is committed never goes back.
 */
import assert from 'node:assert/strict'
import { Client } from '../kafkajs/kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import { runScenarios, type Scenario } from '../scenario.ts'
import { crossReplay } from './cross-replay.ts'
import type { Member, MemberProgram, Protocol } from './member.ts'
import { type Family, memberPrograms } from './programs.ts'
import { WatchedGroup } from './watched-group.ts'

/** What members of the new protocol are told by the broker; sessions are long, so that a busy machine ends none. */
const settings = [
  'group.consumer.min.session.timeout.ms=30000',
  'group.consumer.session.timeout.ms=30000',
  'group.consumer.min.heartbeat.interval.ms=100',
  'group.consumer.heartbeat.interval.ms=500',
]
const partitions = 6

/** Answers how many scenarios failed. */
export async function groups({
  bootstrap: given,
  record,
  rest: [word = ''],
}: {
  bootstrap: string | undefined
  record: boolean
  rest: readonly string[]
}): Promise<number> {
  const own =
    given === undefined ? await startOwnBroker(['--dev', '--ephemeral', '--port', '0', '--set', ...settings]) : null
  const bootstrap = given ?? own!.bootstrap
  const client = new Client(bootstrap)
  const programs = memberPrograms()
  const scenario = (
    name: string,
    families: readonly Family[],
    run: (group: WatchedGroup, program: (family: Family) => MemberProgram) => Promise<void>,
  ): Scenario => {
    const missing = families.map(family => programs[family]).find(each => typeof each === 'string')
    return {
      name,
      ...(typeof missing === 'string' ? { skipped: missing } : {}),
      run: async () => {
        const group = new WatchedGroup(client)
        try {
          await run(group, family => programs[family] as MemberProgram)
          return await group.judged()
        } finally {
          await group.end()
        }
      },
    }
  }
  const all: readonly Family[] = ['java', 'librdkafka', 'franz-go']
  const scenarios = [
    scenario('to the consumer protocol and back, member by member: java', ['java'], (group, program) =>
      migrated(group, [program('java'), program('java')]),
    ),
    scenario('to the consumer protocol and back, member by member: all', all, (group, program) =>
      migrated(group, all.map(program)),
    ),
    scenario('members of three families join, leave and crash', all, joinsAndLeaves),
    scenario('members of three families subscribe by a regular expression', all, byPattern),
    scenario('static members of three families come back', all, staticMembers),
  ].filter(({ name }) => name.includes(word))
  try {
    return (await runScenarios(`groups against ${bootstrap}`, scenarios)) + (await crossReplay(word, record))
  } finally {
    await client.close()
    await own?.stop()
  }
}

/** One member after the other leaves, and another of the other protocol takes its place; then the same the other way round. */
async function migrated(group: WatchedGroup, programs: readonly MemberProgram[]): Promise<void> {
  const topic = await group.topic('moving', partitions)
  await group.begin()
  let members: Member[] = programs.map((program, i) => group.join(`classic-${i}`, program, 'classic', topic))
  await group.shared(partitions)
  assert.equal(await group.type(), 'classic')
  const moved = async (protocol: Protocol, round: string) => {
    const before = members
    members = []
    for (const [i, member] of before.entries()) {
      await group.leave(member)
      members.push(group.join(`${protocol}-${round}-${i}`, programs[i]!, protocol, topic))
      await group.shared(partitions)
    }
    assert.equal(await group.type(), protocol)
  }
  await moved('consumer', 'up')
  await moved('classic', 'down')
}

async function joinsAndLeaves(group: WatchedGroup, program: (family: Family) => MemberProgram): Promise<void> {
  const topic = await group.topic('shared', partitions)
  const join = (name: string, family: Family) => group.join(name, program(family), 'consumer', topic)
  await group.begin()
  const java = join('java', 'java')
  await group.shared(partitions)
  const librdkafka = join('librdkafka', 'librdkafka')
  const franz = join('franz-go', 'franz-go')
  await group.shared(partitions)
  assert.equal(await group.type(), 'consumer')
  await group.kill(java)
  await group.shared(partitions)
  await group.leave(librdkafka)
  await group.shared(partitions)
  join('java again', 'java')
  join('librdkafka again', 'librdkafka')
  await group.shared(partitions)
  await group.kill(franz)
  await group.shared(partitions)
}

async function byPattern(group: WatchedGroup, program: (family: Family) => MemberProgram): Promise<void> {
  const prefix = group.client.name('matched').replaceAll('-', '.')
  await group.topic(`${prefix}.first`, 2)
  await group.begin()
  for (const family of ['java', 'librdkafka', 'franz-go'] as const) {
    group.join(family, program(family), 'consumer', `^${prefix.replaceAll('.', '[.]')}[.].*`)
  }
  // A topic that there was not when they joined.
  await group.topic(`${prefix}.second`, 4)
  await group.shared(partitions)
  assert.equal(await group.type(), 'consumer')
}

async function staticMembers(group: WatchedGroup, program: (family: Family) => MemberProgram): Promise<void> {
  const topic = await group.topic('kept', partitions)
  await group.begin()
  const join = (family: Family, name: string) => group.join(name, program(family), 'consumer', topic, `seat-${family}`)
  const seats = (['java', 'librdkafka', 'franz-go'] as const).map(family => ({ family, member: join(family, family) }))
  await group.shared(partitions)
  assert.equal(await group.type(), 'consumer')
  const owned = () => seats.map(({ member }) => [...group.history.owned(member.name)].sort())
  for (const seat of seats) {
    const before = owned()
    await group.leave(seat.member)
    seat.member = join(seat.family, `${seat.family} again`)
    await group.shared(partitions)
    assert.deepEqual(owned(), before, `${seat.family} has its partitions again, and nobody else was given them`)
  }
}
