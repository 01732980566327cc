/** Record batches that lie, and those that grow without end. */
import assert from 'node:assert/strict'
import { Produce } from '../../protocol/messages/produce.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { crc32c } from '../../protocol/records/crc32c.ts'
import { batchOf, recordTimestamp } from '../cases/case.ts'
import { wholeRequest } from '../session.ts'
import { connect, type Target } from './target.ts'

const corruptMessage = 2
const invalidRecord = 87

/** Sends record bytes and answers the error code; null where the connection was closed instead. */
async function produce(target: Target, topic: string, records: Buffer): Promise<number | null> {
  const client = await connect(target)
  try {
    const { responses } = await client.send(
      Produce,
      9,
      wholeRequest(Produce, {
        acks: -1,
        timeoutMs: 5_000,
        topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
      }),
    )
    return responses[0]!.partitionResponses[0]!.errorCode
  } catch {
    return null
  } finally {
    await client.close()
  }
}

function resealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch, 21), 17)
  return batch
}

export async function lyingBatches(target: Target, topic: string): Promise<string> {
  const lies: Readonly<Record<string, (batch: Buffer) => Buffer>> = {
    'a bad CRC': batch => {
      batch[batch.length - 1]! ^= 255
      return batch
    },
    'magic 9': batch => {
      batch.writeInt8(9, 16)
      return resealed(batch)
    },
    'more records than there are': batch => {
      batch.writeInt32BE(1_000_000, 57)
      return resealed(batch)
    },
    'the most records of all': batch => {
      batch.writeInt32BE(2147483647, 57)
      batch.writeInt32BE(2147483646, 23)
      return resealed(batch)
    },
    'a negative count': batch => {
      batch.writeInt32BE(-5, 57)
      return resealed(batch)
    },
    'a length beyond its end': batch => {
      batch.writeInt32BE(2_000_000_000, 8)
      return batch
    },
    'a negative length': batch => {
      batch.writeInt32BE(-61, 8)
      return batch
    },
    'an unknown codec': batch => {
      batch.writeInt16BE(7, 21)
      return resealed(batch)
    },
    'records of endless varints': batch => resealed(batch.fill(0xff, 61)),
    'only half a header': batch => batch.subarray(0, 40),
  }
  const seen: string[] = []
  for (const [name, lie] of Object.entries(lies)) {
    const code = await produce(target, topic, lie(Buffer.from(batchOf(['one', 'two', 'three']))))
    assert.notEqual(code, 0, `a batch with ${name} was taken`)
    if (name === 'a bad CRC') assert.equal(code, corruptMessage)
    seen.push(`${code}`)
  }
  assert.ok(seen.includes(`${invalidRecord}`) || seen.includes(`${corruptMessage}`))
  return `error codes ${seen.join(' ')}`
}

/** Small to send, large to unpack. The sizes keep each of them under the usual 1 MB for a batch. */
const bombs: readonly (readonly [Codec, number])[] = [
  ['gzip', 700_000_000],
  ['zstd', 700_000_000],
  ['lz4', 200_000_000],
  ['snappy', 15_000_000],
]

export interface Bomb {
  readonly codec: Codec
  readonly records: Buffer
  readonly unpackedBytes: number
}

/** Made before anything else: it takes seconds in which no bystander of this process would be served. */
export function makeBombs(): Bomb[] {
  return bombs.map(([codec, unpackedBytes]) => ({
    codec,
    unpackedBytes,
    records: buildBatch({
      compression: codec,
      records: [{ timestamp: recordTimestamp, key: null, value: Buffer.alloc(unpackedBytes) }],
    }),
  }))
}

export async function bomb(target: Target, topic: string, { records, unpackedBytes }: Bomb): Promise<string> {
  const begin = performance.now()
  const code = await produce(target, topic, records)
  const outcome = code === null ? 'closed' : `error code ${code}`
  return `${records.length} bytes that unpack to ${unpackedBytes}: ${outcome} after ${Math.round(performance.now() - begin)} ms`
}
