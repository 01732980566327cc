/** Frames with their headers. */
import t from 'tap'
import { DecodeError, decode } from '../../protocol/codec.ts'
import {
  apiByKey,
  decodeRequestHeader,
  encodeAnswerFrame,
  encodeRequestFrame,
  encodeResponseFrame,
} from '../../protocol/frame.ts'
import { RequestHeader, ResponseHeader } from '../../protocol/headers.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'

const request = { topics: null, includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false }

t.test('a request is a size, a header of the version that its body needs, and the body', async t => {
  for (const [version, headerVersion] of [
    [1, 1],
    [9, 2],
    [13, 2],
  ]) {
    const frame = Buffer.concat(encodeRequestFrame(Metadata, version, -7, 'client-é', request))
    t.equal(frame.readInt32BE(0), frame.length - 4)
    const header = decodeRequestHeader(frame, 4, frame.length)
    t.match(header, { apiKey: 3, apiVersion: version, correlationId: -7, clientId: 'client-é' })
    t.same(decode(RequestHeader, headerVersion, frame, 4, header.bodyStart), {
      requestApiKey: 3,
      requestApiVersion: version,
      correlationId: -7,
      clientId: 'client-é',
    })
    t.equal(decode(Metadata.request, version, frame, header.bodyStart).topics, null)
  }
})

t.test(
  'a header is read from the middle of a slab, with or without a client id, and past its tagged fields',
  async t => {
    const slab = Buffer.from('ffff 0003 0001 00000009 ffff 00000000 ffff'.replaceAll(' ', ''), 'hex')
    t.same(decodeRequestHeader(slab, 2, 16), {
      apiKey: 3,
      apiVersion: 1,
      correlationId: 9,
      clientId: null,
      bodyStart: 12,
    })
    const tagged = Buffer.from('0012 0003 00000001 0001 61 01 05 01 aa 02'.replaceAll(' ', ''), 'hex')
    t.match(decodeRequestHeader(tagged, 0, tagged.length), { clientId: 'a', bodyStart: 15 })
    const future = Buffer.from('0012 0063 00000001 0001 61 00 02'.replaceAll(' ', ''), 'hex')
    t.match(decodeRequestHeader(future, 0, future.length), { apiVersion: 99, clientId: 'a', bodyStart: 12 })
  },
)

t.test('of an unknown API the header is read as far as the correlation id', async t => {
  const frame = Buffer.from('7fff 0000 00000005'.replaceAll(' ', ''), 'hex')
  t.same(decodeRequestHeader(frame, 0, frame.length), {
    apiKey: 0x7fff,
    apiVersion: 0,
    correlationId: 5,
    clientId: null,
    bodyStart: 8,
  })
  t.equal(apiByKey(0x7fff), undefined)
  t.equal(apiByKey(3)?.name, 'Metadata')
})

t.test('a frame too short for a header is refused', async t => {
  const frame = Buffer.from('0003 0001 00000009 0005 61'.replaceAll(' ', ''), 'hex')
  for (let end = 0; end < frame.length; end++) t.throws(() => decodeRequestHeader(frame, 0, end), DecodeError)
})

t.test('a response has the header that its request asked for; that of ApiVersions is always the oldest', async t => {
  const response = { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }
  for (const version of [0, 3, 5]) {
    const frame = Buffer.concat(encodeResponseFrame(ApiVersions, version, 11, response as never))
    t.equal(frame.readInt32BE(0), frame.length - 4)
    t.equal(frame.readInt32BE(4), 11)
    t.match(decode(ApiVersions.response, version, frame, 8), { errorCode: 0 })
  }
  const metadata = { throttleTimeMs: 0, brokers: [], topics: [], errorCode: 0 }
  const old = Buffer.concat(encodeResponseFrame(Metadata, 8, 11, metadata))
  t.equal(decode(Metadata.response, 8, old, 8).controllerId, -1)
  const flexible = Buffer.concat(encodeResponseFrame(Metadata, 13, 11, metadata))
  t.same(decode(ResponseHeader, 1, flexible, 4, 9), { correlationId: 11 })
  t.equal(decode(Metadata.response, 13, flexible, 9).controllerId, -1)
})

t.test('a fetch response carries its records by reference', async t => {
  const records: Buffer[] = [Buffer.alloc(100_000, 1), Buffer.alloc(70_000, 2)]
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 5,
    abortedTransactions: null,
    records,
  }
  const partitions = [partition, { ...partition, partitionIndex: 1 }]
  const responses = [{ topic: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions }]
  const chunks = encodeResponseFrame(Fetch, 12, 3, {
    throttleTimeMs: 0,
    errorCode: 0,
    responses,
  })
  t.equal(chunks.filter(chunk => records.includes(chunk)).length, 4)
  const frame = Buffer.concat(chunks)
  t.equal(frame.readInt32BE(0), frame.length - 4)
  const [first, second] = decode(Fetch.response, 12, frame, 9).responses[0].partitions
  t.ok(first.records?.equals(Buffer.concat(records)))
  t.equal(second.partitionIndex, 1)
})

t.test('a response of more bytes than a size can tell is an error, before all of it is there', async t => {
  const file = { length: 1_500_000_000, fd: -1, position: 0, read: () => 0 }
  let asked = 0
  const partition = (partitionIndex: number) => ({
    partitionIndex,
    errorCode: 0,
    highWatermark: 5,
    abortedTransactions: null,
    get records() {
      asked++
      return [file]
    },
  })
  const responses = [0, 1, 2, 3, 4, 5].map(index => ({
    topic: 'orders',
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    partitions: [partition(index)],
  }))
  const answer = (count: number) =>
    encodeAnswerFrame(Fetch, 12, 3, { throttleTimeMs: 0, errorCode: 0, responses: responses.slice(0, count) })
  t.equal((answer(1)[0] as Buffer).readInt32BE(0) > 1_500_000_000, true)
  asked = 0
  t.throws(() => answer(6), { name: 'MessageSizeError' })
  t.ok(asked <= 3, `${asked} were asked for`)
  t.equal(
    Buffer.concat(encodeResponseFrame(ApiVersions, 0, 1, { errorCode: 0, apiKeys: [], throttleTimeMs: 0 })).length,
    14,
  )
})

t.test('frames that follow each other do not overlap', async t => {
  const frames = Array.from({ length: 5000 }, (_, i) => encodeRequestFrame(Metadata, 12, i, `client-${i}`, request))
  for (const [i, chunks] of frames.entries()) {
    const frame = Buffer.concat(chunks)
    const header = decodeRequestHeader(frame, 4, frame.length)
    if (header.correlationId !== i || header.clientId !== `client-${i}`) t.fail(`frame ${i}`)
  }
  t.pass('all frames looked at')
})
