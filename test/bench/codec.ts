/** What decoding and encoding cost, compiled and interpreted: `npx tsx test/bench/codec.ts`. */
import { codecOf, encode, interpreted } from '../../protocol/codec.ts'
import { layoutOf } from '../../protocol/layout.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { Reader } from '../../protocol/reader.ts'
import type { Message } from '../../protocol/schema.ts'
import { Writer } from '../../protocol/writer.ts'

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

function nanoseconds(run: () => void): number {
  for (let i = 0; i < 3000; i++) run()
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    for (let i = 0; i < 3000; i++) run()
    best = Math.min(best, (performance.now() - began) / 3000)
  }
  return Math.round(best * 1e6)
}

for (const [name, message, version, value] of cases) {
  const bytes = Buffer.from(encode(message, version, value as never))
  const reader = new Reader()
  const writer = new Writer()
  const twins = { compiled: codecOf(message, version), interpreted: interpreted(layoutOf(message, version)) }
  for (const [twin, codec] of Object.entries(twins)) {
    const decode = nanoseconds(() => codec.read(reader.reset(bytes)))
    const decoded = codec.read(reader.reset(bytes))
    const again = nanoseconds(() => {
      codec.write(writer.start(), decoded)
      writer.finish()
    })
    process.stdout.write(`${name}, ${bytes.length} bytes, ${twin}: decode ${decode} ns, encode ${again} ns\n`)
  }
}
