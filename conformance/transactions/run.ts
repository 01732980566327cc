/**
 * One run: writers, readers and copiers of several clients work on the same topics while brokers and clients are killed and stopped. Afterwards
 * everything comes to its end, is read by each client, and is judged.
 */
import { seededRandom } from '../../lib/base/random.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { OffsetFetch } from '../../protocol/messages/offset-fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batchOf } from '../cases/case.ts'
import { until } from '../scenario.ts'
import { Session } from '../session.ts'
import type { BrokerUnderTest } from './brokers.ts'
import { findings } from './check.ts'
import type { CopierFamily, Family } from './families.ts'
import { type FaultName, Faults } from './faults.ts'
import { type Event, type History, lastValue, type Placed, type Reading } from './history.ts'
import { Kept } from './kept.ts'
import { ClientProcess } from './puppet.ts'
import { Writer } from './writer.ts'

export interface RunOptions {
  readonly broker: BrokerUnderTest
  /** Whose writers and readers there are. */
  readonly families: readonly Family[]
  readonly copiers: readonly CopierFamily[]
  readonly seed: number
  readonly faults: readonly FaultName[]
  /** How long they work. With `killsMin` they work on until so many were killed. */
  readonly seconds: number
  readonly killsMin?: number
}

export interface RunOutcome {
  readonly history: History
  /** What is wrong. */
  readonly findings: readonly string[]
  /** What was done, in a line. */
  readonly summary: string
}

const partitions = 4
/** For one client each; of copiers these are one group. */
const writersEach = 2
const copiersEach = 2
/** Whatever is open at the end is decided within this time: transactions time out, groups rebalance, Streams restore their state. */
const settledMsMax = 90_000
/** How long after its seconds a run may still lack kills. */
const killsMsMax = 600_000
/** What is open longer once its producer is gone is open for ever: transactions time out, and brokers look every ten seconds at the latest. */
const openMsMax = 30_000

let runs = 0

export async function run(options: RunOptions): Promise<RunOutcome> {
  const { broker, families, seed } = options
  const random = seededRandom(seed)
  const source = `list-${process.pid}-${++runs}`
  const groups = options.copiers.map(({ name }) => `${source}.${name}`)
  const topics = [source, ...groups]
  const session = new Session(broker.bootstrap, source)
  for (const topic of topics) await session.topic(topic, partitions)
  await session.close()

  const events: Event[] = []
  const record = (event: Event) => void events.push(event)
  const writers = families.flatMap(family =>
    Array.from({ length: writersEach }, (_, i) => {
      const name = `${family.name}${i}`
      const command = family.producer(broker.bootstrap)
      const transactionalId = `${source}-${name}`
      return new Writer({ name, transactionalId, command, topic: source, partitions, random, record })
    }),
  )
  const readers = families.map(({ name, reader }) => {
    return new Kept(name, reader(broker.bootstrap, topics), line => void events.push(...eventsIn(name, line)))
  })
  const copiers = options.copiers.flatMap((family, at) =>
    Array.from({ length: copiersEach }, (_, i) => {
      const group = groups[at]!
      const transactionalId = `${group}-${i}`
      const task = { sessionMs: broker.sessionMsMin, group, transactionalId, input: source, output: group, partitions }
      return new Kept(transactionalId, family.copier(broker.bootstrap, task))
    }),
  )
  const kept = [...readers, ...copiers]
  try {
    const isAtWork = () => ([...writers, ...readers].every(each => each.isAtWork) ? true : undefined)
    await until('every client to be at work', isAtWork, settledMsMax)
    const faults = new Faults({ broker, writers, readers, copiers }, random, options.faults)
    const endMs = performance.now() + options.seconds * 1_000
    const isOver = () => (performance.now() >= endMs && faults.kills >= (options.killsMin ?? 0) ? true : undefined)
    await until('enough kills', isOver, options.seconds * 1_000 + killsMsMax)
    await faults.end()
    await Promise.all(writers.map(writer => writer.end()))
    await settle(broker, source, groups, copiers)
    await Promise.all(kept.map(each => each.end()))
    const readings = await Promise.all(families.map(family => readToTheEnd(family, broker.bootstrap, topics)))
    const history = { events, readings, source, copies: groups }
    return { history, findings: findings(history), summary: summaryOf(history, faults) }
  } finally {
    await Promise.all(kept.map(each => each.end()))
    for (const writer of writers) writer.process.signal('SIGKILL')
  }
}

function eventsIn(reader: string, line: string): Event[] {
  if (line === 'session') return [{ type: 'session', reader }]
  const [partition, offset, value] = line.split(' ') as [string, string, string]
  return [{ type: 'read', reader, partition, offset: Number(offset), value }]
}

/** Marks the ends of all partitions, once nothing before them is open and copiers have come there. */
async function settle(
  broker: BrokerUnderTest,
  source: string,
  groups: readonly string[],
  copiers: readonly Kept[],
): Promise<void> {
  const session = new Session(broker.bootstrap, 'settle')
  const stable = (topic: string) =>
    until(`${topic} to have no open transaction`, () => isStable(session, topic), openMsMax)
  try {
    await stable(source)
    const last = await markEnds(session, source)
    for (const group of groups) {
      await until(
        `${group} to copy everything`,
        async () => ((await isBehind(session, group, source, last)) ? true : undefined),
        settledMsMax,
      ).catch(error => {
        const said = copiers.flatMap(({ name, errors }) => (name.startsWith(group) ? errors.slice(-2) : []))
        throw new Error(`${error.message}; its members said: ${said.join(' | ')}`)
      })
    }
    // A copier that is killed has nothing open: it waits for more.
    await Promise.all(copiers.map(each => each.end()))
    for (const group of groups) {
      await stable(group)
      await markEnds(session, group)
    }
  } finally {
    await session.close()
  }
}

/** Appends a last record to each partition, outside of any transaction; gives their offsets. */
async function markEnds(session: Session, topic: string): Promise<number[]> {
  const offsets: number[] = []
  for (let index = 0; index < partitions; index++) {
    const offset = await until(`the last record of ${topic}-${index} to be taken`, async () => {
      const partitionData = [{ index, records: batchOf([lastValue]) }]
      const request = { acks: -1, timeoutMs: 10_000, topicData: [{ name: topic, partitionData }] }
      const { responses } = await session.prepare(Produce, 9, request)
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      return errorCode === 0 ? baseOffset : undefined
    })
    offsets.push(offset)
  }
  return offsets
}

/** Whether a group has committed more than these offsets. */
async function isBehind(
  session: Session,
  groupId: string,
  topic: string,
  offsets: readonly number[],
): Promise<boolean> {
  const request = {
    groupId,
    topics: [{ name: topic, partitionIndexes: offsets.map((_, i) => i) }],
    requireStable: true,
  }
  const { errorCode, topics } = await session.prepare(OffsetFetch, 7, request)
  const found = new Map(topics[0]?.partitions.map(each => [each.partitionIndex, each.committedOffset]))
  return errorCode === 0 && offsets.every((offset, i) => (found.get(i) ?? -1) > offset)
}

async function isStable(session: Session, topic: string): Promise<true | undefined> {
  const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
  const offsets = async (isolationLevel: number) => {
    const request = { replicaId: -1, isolationLevel, topics: [{ name: topic, partitions: asked }] }
    const { topics } = await session.prepare(ListOffsets, 4, request)
    return topics[0]!.partitions
  }
  const [stable, written] = [await offsets(1), await offsets(0)]
  const isKnown = [...stable, ...written].every(({ errorCode }) => errorCode === 0)
  return isKnown && stable.every(({ offset }, i) => offset === written[i]!.offset) ? true : undefined
}

/** Reads until the last record of each partition. */
async function readToTheEnd(family: Family, bootstrap: string, topics: readonly string[]): Promise<Reading> {
  let read = new Map<string, Placed[]>()
  const ended = new Set<string>()
  let tell: () => void = () => {}
  const process = new ClientProcess(family.reader(bootstrap, topics), line => {
    for (const event of eventsIn(family.name, line)) {
      if (event.type === 'session') {
        read = new Map()
        ended.clear()
      } else if (event.type === 'read') {
        const placed = read.get(event.partition) ?? []
        read.set(event.partition, placed)
        placed.push({ offset: event.offset, value: event.value })
        if (event.value === lastValue) ended.add(event.partition)
      }
    }
    if (ended.size === topics.length * partitions) tell()
  })
  try {
    await new Promise<void>((resolve, reject) => {
      tell = resolve
      const why = () =>
        reject(new Error(`${family.name} did not read to the end: ${ended.size} partitions; ${process.errors}`))
      const timer = setTimeout(why, settledMsMax)
      void process.ended().then(() => {
        clearTimeout(timer)
        why()
      })
    })
    return { reader: family.name, partitions: read }
  } finally {
    await process.kill()
  }
}

function summaryOf({ events, readings, source }: History, faults: Faults): string {
  const count = (type: Event['type']) => events.reduce((sum, each) => sum + (each.type === type ? 1 : 0), 0)
  const begun = new Set(events.flatMap(each => (each.type === 'send' ? [each.transaction] : []))).size
  let records = 0
  let copies = 0
  for (const [partition, placed] of readings[0]!.partitions) {
    if (partition.startsWith(`${source}-`)) records += placed.length
    else copies += placed.length
  }
  const done = [...faults.counts].map(([name, times]) => `${times} × ${name}`).join(', ')
  const [asked, committed] = [count('commit'), count('committed')]
  return `${begun} transactions, ${committed} committed, ${asked - committed} unknown; ${records} records, ${copies} copies, ${count('read')} read meanwhile; ${done}`
}
