/** ListOffsets over logs of which records were deleted, or have no timestamps, or the same, in one segment and in several. */
import { DeleteRecords } from '../../protocol/messages/delete-records.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import type { Session } from '../session.ts'
import { type Case, recordTimestamp } from './case.ts'

const special = { latest: -1, earliest: -2, maxTimestamp: -3, earliestLocal: -4, latestTiered: -5, pendingUpload: -6 }

/** Seconds after `recordTimestamp`; null is no timestamp. */
type Time = number | null
interface Batch {
  readonly times: readonly Time[]
  /** Bytes of each value: large ones make segments of their own. */
  readonly valueBytes?: number
  readonly codec?: Codec
}

function timestampOf(time: Time): number {
  return time === null ? -1 : recordTimestamp + time * 1000
}

/** Two of the large ones do not fit into the smallest segment, two of the small ones do. */
const large = 600_000
const small = 450_000

interface Log {
  readonly batches: readonly Batch[]
  /** Offsets to which its records are deleted, one after another. */
  readonly cuts: readonly number[]
  /**
   * How long it is asked by time. Kafka looks into one segment: the first whose file or records are late enough, though those may be
   * deleted or have no timestamps. This broker looks on.
   */
  readonly byTime?: 'while whole' | 'never'
}

const logs: Readonly<Record<string, Log>> = {
  'the greatest first': { batches: [{ times: [9] }, { times: [3] }, { times: [5] }], cuts: [1, 2, 3] },
  'the greatest within': { batches: [{ times: [3, 9, 5, 7] }, { times: [6, 6] }], cuts: [1, 2, 3, 5, 6] },
  compressed: {
    batches: [
      { times: [3, 9, 5, 7], codec: 'gzip' },
      { times: [6, 8, 6], codec: 'lz4' },
    ],
    cuts: [2, 4, 6],
  },
  'all the same': { batches: [{ times: [5, 5, 5] }, { times: [5, 5] }], cuts: [1, 3, 4] },
  'no timestamps': { batches: [{ times: [null, null] }, { times: [null] }], cuts: [1, 2, 3] },
  'some without': { batches: [{ times: [null, 4] }, { times: [null] }, { times: [2, null] }], cuts: [1, 2, 3, 4] },
  'before 1970': { batches: [{ times: [-1_600_000_005, -1_600_000_003] }], cuts: [1, 2] },
  'about 1970': { batches: [{ times: [-1_600_000_005, null] }, { times: [-1_600_000_000] }], cuts: [1, 2, 3] },
  segments: {
    batches: [
      { times: [7], valueBytes: small },
      { times: [2, 9, 4], valueBytes: small / 3 },
      { times: [9, 5], valueBytes: large / 2 },
      { times: [6], valueBytes: large },
      { times: [1] },
      { times: [3] },
    ],
    cuts: [1, 2, 3],
    byTime: 'while whole',
  },
  'segments without timestamps': {
    batches: [
      { times: [null], valueBytes: small },
      { times: [null], valueBytes: small },
      { times: [null], valueBytes: large },
    ],
    cuts: [1],
  },
  'first without timestamps': {
    batches: [
      { times: [null, null], valueBytes: large / 2 },
      { times: [4, null], valueBytes: large / 2 },
      { times: [null], valueBytes: large },
    ],
    cuts: [1],
    byTime: 'never',
  },
  'many batches': {
    batches: Array.from({ length: 60 }, (_, i) => ({ times: [(i * 37) % 61, (i * 17) % 61], valueBytes: 900 })),
    cuts: [1, 5, 17, 60, 99, 119],
  },
}

async function deletedRecords(session: Session): Promise<void> {
  for (const [what, { batches, cuts, byTime }] of Object.entries(logs)) {
    const name = session.name(what.replaceAll(' ', '-'))
    // Retention would delete these records, which are of 2020, half a minute after the start of a broker.
    const configs = { 'segment.bytes': '1048576', 'index.interval.bytes': '2000', 'retention.ms': '-1' }
    await session.topic(name, 1, configs)
    for (const { times, valueBytes = 1, codec = 'none' } of batches) {
      const value = Buffer.alloc(valueBytes, 'v')
      const records = buildBatch({
        compression: codec,
        records: times.map(time => ({ timestamp: timestampOf(time), key: null, value })),
      })
      const { responses } = await session.prepare(Produce, 9, {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name, partitionData: [{ index: 0, records }] }],
      })
      const { errorCode } = responses[0]!.partitionResponses[0]!
      if (errorCode !== 0) throw new Error(`${what}: a batch was refused with ${errorCode}`)
    }
    const seconds = new Set(batches.flatMap(({ times }) => times).filter(time => time !== null))
    const times = [
      0,
      ...[...seconds]
        .sort((a, b) => a - b)
        .slice(0, 7)
        .map(timestampOf),
      timestampOf(8) + 1,
    ]
    const ask = async (label: string, times: readonly number[]) => {
      for (const [place, timestamp] of [
        ...Object.entries(special),
        ...times.map(time => [`from ${time}`, time] as const),
      ]) {
        for (const isolationLevel of place === 'latest' || place === 'maxTimestamp' ? [0, 1] : [0]) {
          await session.send(
            ListOffsets,
            session.latest(ListOffsets),
            {
              replicaId: -1,
              isolationLevel,
              timeoutMs: 5_000,
              topics: [{ name, partitions: [{ partitionIndex: 0, timestamp }] }],
            },
            `${what}, ${label}: ${place}, isolation ${isolationLevel}`,
          )
        }
      }
    }
    await ask('whole', byTime === 'never' ? [] : times)
    for (const offset of cuts) {
      await session.prepare(DeleteRecords, 2, {
        timeoutMs: 10_000,
        topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }],
      })
      await ask(`from offset ${offset}`, byTime === undefined ? times : [])
    }
  }
}

export const listOffsetsCases: readonly Case[] = [
  { name: 'ListOffsets over logs with deleted records', run: deletedRecords },
]
