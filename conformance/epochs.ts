/**
 * Leader epochs over the lives of a broker: stopped, killed, and killed with a log of which recovery cuts the end. After each start
 * everything that clients may ask of epochs is asked and judged by what Apache Kafka answers:
 *
 *     npm run conformance -- epochs                    by the recorded answers
 *     npm run conformance -- epochs --against kafka    by those of Kafka itself, fetched and started for it
 *     npm run conformance -- epochs --record           records them anew
 */
import { mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreatePartitions } from '../protocol/messages/create-partitions.ts'
import { DeleteRecords } from '../protocol/messages/delete-records.ts'
import { DeleteTopics } from '../protocol/messages/delete-topics.ts'
import { Metadata } from '../protocol/messages/metadata.ts'
import { OffsetCommit } from '../protocol/messages/offset-commit.ts'
import { OffsetFetch } from '../protocol/messages/offset-fetch.ts'
import { Produce } from '../protocol/messages/produce.ts'
import { batchOf, type Case } from './cases/case.ts'
import { coordinator } from './cases/groups.ts'
import { askOfCoordinatorEpoch, askOfEpochs } from './epoch-questions.ts'
import { answersOf, judgedByRecord, type Pass, passesOf } from './judge.ts'
import { fetchKafka, kafkaVersion, startKafka } from './kafka.ts'
import { type OwnBroker, startOwnBroker } from './own-broker.ts'
import { type CaseRecord, readGroup, readOffered, writeGroup } from './recorded.ts'
import { runScenarios } from './scenario.ts'
import type { Session } from './session.ts'

/** A broker that is ended and started again on the same directory. */
interface Subject {
  readonly bootstrap: string
  readonly dataDirectory: string
  restart(signal: 'SIGTERM' | 'SIGKILL', meanwhile?: () => void): Promise<void>
  stop(): Promise<void>
}

/** How a life begins, and what is done and asked in it. */
interface Life extends Case {
  readonly after?: 'SIGTERM' | 'SIGKILL'
  /** What becomes of the directory while no broker is up. */
  damage?(dataDirectory: string): void
}

const settings = { 'offsets.topic.num.partitions': '2', 'transaction.state.log.num.partitions': '2' }
/** The records are old, and the other broker may take its time. */
const lasting = { 'retention.ms': '-1' }
const group = 'epochs'
/** Apache Kafka needs no more for this. */
const heapMb = 512
const topics = ['torn', 'quiet', 'once', 'shortened', 'emptied'] as const

async function produce(session: Session, name: string, values: readonly string[], index = 0): Promise<void> {
  for (const value of values) {
    const topicData = [{ name, partitionData: [{ index, records: batchOf([value]) }] }]
    const { responses } = await session.prepare(Produce, 9, { acks: -1, timeoutMs: 10_000, topicData })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode !== 0) throw new Error(`nothing can be produced to ${name}: error ${errorCode}`)
  }
}

async function deleteBefore(session: Session, name: string, offset: number): Promise<void> {
  const partitions = [{ partitionIndex: 0, offset }]
  await session.prepare(DeleteRecords, 2, { topics: [{ name, partitions }], timeoutMs: 10_000 })
}

async function askAll(session: Session): Promise<void> {
  for (const name of topics) await askOfEpochs(session, name)
  await coordinator(session, 'readers')
  await session.led('__consumer_offsets', 2)
  await session.send(
    Metadata,
    session.latest(Metadata),
    { topics: [{ name: '__consumer_offsets' }] },
    'internal topics',
  )
  const wanted = topics.map(name => ({ name, partitionIndexes: [0] }))
  const ask = () => session.prepare(OffsetFetch, 7, { groupId: 'readers', topics: wanted })
  // The coordinator may still be loading.
  while ((await ask()).errorCode !== 0) await new Promise(resolve => setTimeout(resolve, 20))
  await session.send(OffsetFetch, 7, { groupId: 'readers', topics: wanted }, 'committed epochs')
  await askOfCoordinatorEpoch(session, 'paid')
}

/** Cuts into the last batch of a partition, as a machine that lost its power may leave it. */
function tear(dataDirectory: string, partition: string): void {
  const log = join(dataDirectory, partition, `${'0'.repeat(20)}.log`)
  truncateSync(log, statSync(log).size - 3)
}

const lives: readonly Life[] = [
  {
    name: 'the first life',
    run: async session => {
      for (const name of [...topics, 'paid']) await session.topic(name, 1, lasting)
      await produce(session, 'torn', [...'0123456789'])
      await produce(session, 'once', ['a', 'b', 'c'])
      for (const name of ['shortened', 'emptied']) await produce(session, name, ['a', 'b', 'c'])
      await coordinator(session, 'readers')
      const partitions = [{ partitionIndex: 0, committedOffset: 10, committedLeaderEpoch: 0, committedMetadata: '' }]
      await session.prepare(OffsetCommit, 8, { groupId: 'readers', topics: [{ name: 'torn', partitions }] })
      await askAll(session)
    },
  },
  {
    name: 'killed, and the last batch that was read is cut by recovery',
    after: 'SIGKILL',
    damage: dataDirectory => tear(dataDirectory, 'torn-0'),
    run: async session => {
      await askAll(session)
      await produce(session, 'torn', ['x', 'y', 'z'])
      await askOfEpochs(session, 'torn', 0, true)
      // Not before the kill: Kafka notes once a minute where logs start.
      await deleteBefore(session, 'shortened', 2)
      await deleteBefore(session, 'emptied', -1)
      for (const name of ['shortened', 'emptied']) await askOfEpochs(session, name)
    },
  },
  {
    name: 'stopped; some records, a new topic, and partitions added to an old one',
    after: 'SIGTERM',
    run: async session => {
      await askAll(session)
      for (const name of ['once', 'shortened', 'emptied']) await produce(session, name, ['d', 'e'])
      await session.topic('later', 1, lasting)
      const grown = [{ name: 'quiet', count: 2, assignments: null }]
      await session.prepare(CreatePartitions, 3, { topics: grown, timeoutMs: 10_000, validateOnly: false })
      await session.led('quiet', 2)
      await produce(session, 'quiet', ['a'], 1)
      for (const name of ['once', 'shortened', 'emptied', 'later']) await askOfEpochs(session, name)
      await askOfEpochs(session, 'quiet', 1)
    },
  },
  {
    name: 'stopped, and nothing was written in the life before',
    after: 'SIGTERM',
    run: async session => {
      await askOfEpochs(session, 'quiet', 1)
      await askAll(session)
    },
  },
  {
    name: 'killed with nothing in flight; a topic is made anew under its name',
    after: 'SIGKILL',
    run: async session => {
      await askAll(session)
      await askOfEpochs(session, 'later')
      await session.prepare(DeleteTopics, 5, { topicNames: ['later'], timeoutMs: 10_000 })
      await made(session, 'later')
      await produce(session, 'later', ['a'])
      await askOfEpochs(session, 'later')
    },
  },
]

/** Makes a topic as soon as the one of this name before it is gone. */
async function made(session: Session, name: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await session.topic(name, 1, lasting)
      return
    } catch (error) {
      if (attempt === 100) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

async function ownSubject(): Promise<Subject> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-epochs-'))
  const sets = Object.entries({ 'group.initial.rebalance.delay.ms': '0', ...settings }).map(pair => pair.join('='))
  const start = () => startOwnBroker(['--data', directory, '--port', '0', '--set', ...sets])
  let broker: OwnBroker = await start()
  return {
    get bootstrap() {
      return broker.bootstrap
    },
    dataDirectory: directory,
    restart: async (signal, meanwhile) => {
      if (signal === 'SIGKILL') await broker.kill()
      else await broker.stop()
      meanwhile?.()
      broker = await start()
    },
    stop: async () => {
      await broker.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

async function kafkaSubject(): Promise<Subject> {
  const missing = fetchKafka()
  if (missing !== null) throw new Error(`there is no Apache Kafka to ask: ${missing}`)
  return startKafka(mkdtempSync(join(tmpdir(), 'kafka-')), settings, { heapMb })
}

/** What a broker answers in the next of its lives. */
async function live(subject: Subject, life: Life, pass: Pass): Promise<CaseRecord> {
  const { after, damage } = life
  if (after !== undefined) await subject.restart(after, () => damage?.(subject.dataDirectory))
  return { [kafkaVersion]: (await answersOf(life, subject.bootstrap, pass, '')).answers }
}

export async function epochs(options: { against: string | undefined; record: boolean }): Promise<number> {
  const { now } = passesOf(readOffered()[kafkaVersion] ?? {}, {})
  const kafka = options.record || options.against === 'kafka' ? await kafkaSubject() : null
  const own = options.record ? null : await ownSubject()
  const recorded = readGroup(group)
  const anew: Record<string, CaseRecord> = {}
  try {
    const failed = await runScenarios(
      'leader epochs over several lives of a broker',
      lives.map(life => ({
        name: life.name,
        run: async () => {
          const theirs = kafka === null ? recorded[life.name] : await live(kafka, life, now)
          if (theirs === undefined) throw new Error('nothing is recorded: npm run conformance -- epochs --record')
          anew[life.name] = theirs
          const count = `${Object.keys(theirs[kafkaVersion]!).length} answers`
          if (own === null) return count
          const lines = judgedByRecord([], await live(own, life, now), theirs)
          if (lines.length > 0) throw new Error(`${lines.length} differences\n    ${lines.slice(0, 40).join('\n    ')}`)
          return count
        },
      })),
    )
    if (options.record && failed === 0) writeGroup(group, anew)
    return failed
  } finally {
    await own?.stop()
    await kafka?.stop()
  }
}
