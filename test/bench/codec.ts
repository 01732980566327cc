/** What decoding and encoding cost, compiled and interpreted, as a Markdown table: `npx tsx test/bench/codec.ts`. */
import { codecOf, encode, interpreted } from '../../protocol/codec.ts'
import { layoutOf } from '../../protocol/layout.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { Reader } from '../../protocol/reader.ts'
import type { Message } from '../../protocol/schema.ts'
import { Writer } from '../../protocol/writer.ts'
import { nanosecondsOf, printTable, timeOf } from './markdown.ts'

const records = Buffer.alloc(200)
const topicId = Buffer.from('0123456789abcdef').toString('base64url')

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i))
}

const produce = {
  transactionalId: null,
  acks: -1,
  timeoutMs: 30_000,
  topicData: times(10, i => ({
    name: `topic-${i}`,
    topicId,
    partitionData: times(10, index => ({ index, records })),
  })),
}

const produced = {
  responses: times(10, i => ({
    name: `topic-${i}`,
    topicId,
    partitionResponses: times(10, index => ({ index, errorCode: 0, baseOffset: 1e9 + index, recordErrors: [] })),
  })),
}

const fetch = {
  maxWaitMs: 500,
  minBytes: 1,
  topics: times(10, () => ({
    topic: '',
    topicId,
    partitions: times(10, partition => ({ partition, fetchOffset: 1e9, partitionMaxBytes: 1 << 20 })),
  })),
  forgottenTopicsData: [],
}

const heartbeat = { groupId: 'readers', generationId: 7, memberId: 'client-1-0123456789abcdef', groupInstanceId: null }

const cases: readonly [string, Message, number, object][] = [
  ['Produce v12 request, 10×10', Produce.request, 12, produce],
  ['Produce v12 response, 10×10', Produce.response, 12, produced],
  ['Fetch v17 request, 10×10', Fetch.request, 17, fetch],
  ['Heartbeat v4 request', Heartbeat.request, 4, heartbeat],
]

const rows = cases.map(([name, message, version, value]) => {
  const bytes = Buffer.from(encode(message, version, value as never))
  const reader = new Reader()
  const writer = new Writer()
  const twins = [codecOf(message, version), interpreted(layoutOf(message, version))]
  const times = twins.flatMap(codec => {
    const read = () => codec.read(reader.reset(bytes))
    const decoded = read()
    const write = () => {
      codec.write(writer.start(), decoded)
      return writer.finish().length
    }
    return [() => (read() === undefined ? 0 : 1), write].map(run => {
      nanosecondsOf(500, run)
      return timeOf(nanosecondsOf(3000, run))
    })
  })
  return [`${name}, ${bytes.length.toLocaleString('en-US')} bytes`, ...times]
})
printTable(['messages', 'decode', 'encode', 'decode, interpreted', 'encode, interpreted'], rows)
