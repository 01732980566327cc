/** Produce and Fetch in the versions whose records are messages of formats 0 and 1. Apache Kafka 3.9 was the last to speak them. */
import { codes } from '../../protocol/errors.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { readRecords } from '../../protocol/records/batch.ts'
import type { Codec } from '../../protocol/records/compression.ts'
import { buildMessages } from '../../protocol/records/message.ts'
import type { Session } from '../session.ts'
import { batchOf, type Case, recordTimestamp } from './case.ts'

const timeoutMs = 10_000

function messagesOf(format: number, values: readonly string[], compression: Codec = 'none'): Buffer {
  const records = values.map((value, i) => ({
    offset: i,
    timestamp: recordTimestamp + i,
    key: Buffer.from('k'),
    value: Buffer.from(value),
  }))
  return buildMessages({ magic: format, compression, timestampType: 'CreateTime', records })
}

async function produced(session: Session): Promise<void> {
  for (const version of session.versions(Produce).filter(each => each < 3)) {
    const name = session.name(`produced-${version}`)
    await session.topic(name)
    const send = (label: string, records: Buffer, acks = -1, index = 0) =>
      session.send(
        Produce,
        version,
        { acks, timeoutMs, topicData: [{ name, partitionData: [{ index, records }] }] },
        label,
      )
    for (const format of [0, 1]) {
      await send(`format ${format}`, messagesOf(format, ['a', 'b']))
      for (const codec of ['gzip', 'snappy', 'lz4'] as const)
        await send(`format ${format}, ${codec}`, messagesOf(format, ['a', 'b', 'c'], codec))
      const flipped = messagesOf(format, ['a'])
      flipped[flipped.length - 1]! ^= 1
      await send(`format ${format}, a bit flipped`, flipped)
    }
    await send('a batch', batchOf(['a']))
    await send('acks=1', messagesOf(0, ['a']), 1)
    await send('acks=3', messagesOf(0, ['a']), 3)
    await send('an unknown partition', messagesOf(0, ['a']), 1, 7)
    await fetched(session, name, version)
    await send('no records', Buffer.alloc(0))
    for (const format of [0, 1])
      await send(`format ${format}, cut short`, messagesOf(format, ['a', 'b']).subarray(0, -2))
  }
}

async function fetched(session: Session, topic: string, produceVersion: number): Promise<void> {
  for (const version of session.versions(Fetch).filter(each => each < 4)) {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }]
    const { responses } = await session.prepare(Fetch, version, {
      replicaId: -1,
      maxWaitMs: 0,
      topics: [{ topic, partitions }],
    })
    const { records: bytes, errorCode, highWatermark } = responses[0]!.partitions[0]!
    const messages = Buffer.concat([bytes ?? []].flat())
    // Which bytes a codec makes is its own affair, and Kafka fills the answer up with a message that is cut short.
    const records: unknown[] = []
    for (let at = 0; at + 12 <= messages.length; at += 12 + messages.readInt32BE(at + 8)) {
      if (at + 12 + messages.readInt32BE(at + 8) > messages.length) break
      for (const { offset, timestamp, value } of readRecords(messages, at))
        records.push([offset, timestamp, value?.toString()])
    }
    const label = `what came in version ${produceVersion}`
    session.note('Fetch', version, label, { errorCode, highWatermark, records })
  }
}

const notWhole =
  '**Produce** below version 3 is refused where the last message is cut short or there is none; Kafka takes what is whole'

export const oldFormatCases: readonly Case[] = [
  {
    name: 'Produce before version 3, and what is fetched of it',
    run: produced,
    differs: [
      { answer: 'Produce v* format *, cut short', path: '*.errorCode', ours: codes.CORRUPT_MESSAGE, reason: notWhole },
      { answer: 'Produce v* format *, cut short', path: '*.baseOffset', ours: -1, reason: notWhole },
      { answer: 'Produce v* no records', path: '*.errorCode', ours: codes.INVALID_RECORD, reason: notWhole },
    ],
  },
]
