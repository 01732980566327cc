/** Offsets of partitions: by time, by epoch, and records deleted up to one. */
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { OffsetForLeaderEpoch } from '../../protocol/messages/offset-for-leader-epoch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import type { Session } from '../session.ts'
import { batchOf, type Case } from './case.ts'

const special = { latest: -1, earliest: -2, maxTimestamp: -3, earliestLocal: -4, latestTiered: -5 }

async function filled(session: Session, what: string): Promise<string> {
  const name = session.name(what)
  await session.topic(name)
  for (const timestamp of [1_600_000_000_000, 1_600_000_009_000, 1_600_000_005_000]) {
    const records = batchOf(['a', 'b', 'c'], { timestamp })
    await session.prepare(Produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name, partitionData: [{ index: 0, records }] }],
    })
  }
  return name
}

async function byTime(session: Session): Promise<void> {
  const name = await filled(session, 'by-time')
  const empty = session.name('empty')
  await session.topic(empty)
  for (const version of session.versions(ListOffsets)) {
    const ask = (topic: string, timestamp: number, label: string, extra = {}) =>
      session.send(
        ListOffsets,
        version,
        {
          replicaId: -1,
          timeoutMs: 5_000,
          topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp, maxNumOffsets: 5, ...extra }] }],
        },
        label,
      )
    for (const [label, timestamp] of Object.entries(special)) {
      await ask(name, timestamp, label)
      await ask(empty, timestamp, `${label}, empty topic`)
    }
    for (const timestamp of [
      0, 1_600_000_000_000, 1_600_000_000_001, 1_600_000_004_000, 1_600_000_005_001, 1_600_000_009_002,
      1_600_000_009_003,
    ]) {
      await ask(name, timestamp, `from ${timestamp}`)
    }
    await ask(name, -9, 'a time that means nothing')
    await ask(name, -1, 'an unknown partition', { partitionIndex: 3 })
    await ask(session.name('unknown'), -1, 'an unknown topic')
    if (version >= 4) await ask(name, -1, 'an epoch of the future', { currentLeaderEpoch: 77 })
  }
}

async function byEpoch(session: Session): Promise<void> {
  const name = await filled(session, 'by-epoch')
  for (const version of session.versions(OffsetForLeaderEpoch)) {
    for (const leaderEpoch of [0, 1, 5, -1]) {
      await session.send(
        OffsetForLeaderEpoch,
        version,
        { topics: [{ topic: name, partitions: [{ partition: 0, leaderEpoch }] }] },
        `epoch ${leaderEpoch}`,
      )
    }
    await session.send(
      OffsetForLeaderEpoch,
      version,
      { topics: [{ topic: session.name('unknown'), partitions: [{ partition: 0, leaderEpoch: 0 }] }] },
      'an unknown topic',
    )
  }
}

async function deleted(session: Session): Promise<void> {
  for (const version of session.versions(DeleteRecords)) {
    const name = await filled(session, `deleted-${version}`)
    const ask = (offset: number, label: string, topic = name, partitionIndex = 0) =>
      session.send(
        DeleteRecords,
        version,
        { topics: [{ name: topic, partitions: [{ partitionIndex, offset }] }], timeoutMs: 5_000 },
        label,
      )
    await ask(4, 'in the middle of a batch')
    await ask(2, 'before the beginning')
    await ask(10, 'beyond the end')
    await ask(-1, 'all of them')
    await ask(-2, 'a negative offset')
    await ask(0, 'an unknown partition', name, 4)
    await ask(0, 'an unknown topic', session.name('unknown'))
    await session.send(
      ListOffsets,
      5,
      { replicaId: -1, topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: special.earliest }] }] },
      'the beginning after that',
    )
  }
}

export const offsetCases: readonly Case[] = [
  {
    name: 'ListOffsets at every version',
    run: byTime,
    differs: [
      {
        answer: 'ListOffsets v0 from 160000000900*',
        path: '*oldStyleOffsets.length',
        ours: 2,
        reason:
          '**ListOffsets** version 0: the time of a segment is that of its newest record; Kafka goes by the time of its last write',
      },
    ],
  },
  { name: 'OffsetForLeaderEpoch at every version', run: byEpoch },
  { name: 'DeleteRecords at every version', run: deleted },
]
