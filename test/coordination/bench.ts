/** One coordinator on a fake partition, with the shard that adds up numbers. */
import { silentLogger } from '../../lib/base/logger.ts'
import { Coordinator } from '../../lib/coordination/coordinator.ts'
import { Work } from '../../lib/coordination/work.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { FakePartition } from './fake-partition.ts'
import { format, Sum } from './sum.ts'

export const writeTimeoutMs = 5000

export function bench(partition = new FakePartition(), clock = new ManualClock(), codec: Codec = 'none') {
  const shard = new Sum()
  const events: 'failed'[] = []
  const coordinator = new Coordinator<Sum, number>({
    shard,
    format,
    partition,
    writeTimeoutMs,
    codec,
    work: new Work(clock),
    clock,
    logger: silentLogger,
    onFailed: () => events.push('failed'),
  })
  const add = (...records: number[]) =>
    coordinator.write<string>(
      errorCode => `refused ${errorCode}`,
      sum => ({ records, response: `total ${sum.total}` }),
    )
  const wait = () =>
    coordinator.write<string>(
      errorCode => `refused ${errorCode}`,
      (sum, _now, reply) => {
        sum.waiting.push(reply)
        return { records: [], response: undefined }
      },
    )
  return { shard, clock, coordinator, partition, events, add, wait }
}

/** A batch of numbers, or of other keys and values. */
export function batch(...values: (string | [key: string | null, value: string | null])[]): Buffer {
  const records = values.map(value => {
    const [key, text] = typeof value === 'string' ? ['n', value] : value
    return {
      timestamp: 0,
      key: key === null ? null : Buffer.from(key),
      value: text === null ? null : Buffer.from(text),
    }
  })
  return buildBatch({ records })
}
