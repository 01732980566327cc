/** Connections that are many, or that take nothing back. */
import assert from 'node:assert/strict'
import { encodeRequestFrame } from '../../protocol/frame.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batchOf } from '../cases/case.ts'
import { Session, wholeRequest } from '../session.ts'
import { connect, memoryOf, type Target } from './target.ts'

const idleCount = 2_000
/** As many at once as the smallest listen backlog of a broker holds. */
const waveCount = 40

export async function idleConnections(target: Target): Promise<string> {
  const before = target.pid === null ? 0 : memoryOf(target.pid).residentBytes
  const clients = []
  for (let at = 0; at < idleCount; at += waveCount) {
    clients.push(...(await Promise.all(Array.from({ length: waveCount }, () => connect(target)))))
  }
  try {
    await new Promise(resolve => setTimeout(resolve, 500))
    const after = target.pid === null ? 0 : memoryOf(target.pid).residentBytes
    const probe = await clients.at(-1)!.send(Metadata, 4, wholeRequest(Metadata, { topics: [] }))
    assert.equal(probe.brokers.length > 0, true, 'the last of them is served')
    return `${idleCount} connections, ${Math.round((after - before) / idleCount / 1024)} KB each`
  } finally {
    await Promise.all(clients.map(client => client.close()))
  }
}

/** Asks for 1 MB again and again, and never reads an answer. */
export async function unreadFetches(target: Target): Promise<string> {
  const session = new Session(`${target.host}:${target.port}`, `unread-${process.pid}-${Math.floor(performance.now())}`)
  const topic = session.name('large')
  await session.topic(topic)
  for (let i = 0; i < 4; i++) {
    await session.prepare(Produce, 9, {
      acks: -1,
      timeoutMs: 5_000,
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batchOf(['x'.repeat(900_000)]) }] }],
    })
  }
  await session.close()
  const reader = await connect(target)
  reader.pause()
  const topics = [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }]
  const request = wholeRequest(Fetch, { maxWaitMs: 0, minBytes: 0, topics })
  const asked = 2_000
  for (let i = 0; i < asked; i++)
    reader.sendRaw(Buffer.concat(encodeRequestFrame(Fetch, 11, 1_000_000 + i, 'hostile', request)))
  await new Promise(resolve => setTimeout(resolve, 2_000))
  await reader.close()
  return `${asked} fetches of 0.9 MB asked for, none read`
}

/** Many small questions, no answer read. */
export async function unreadMetadata(target: Target): Promise<string> {
  const reader = await connect(target)
  reader.pause()
  const frame = Buffer.concat(
    encodeRequestFrame(Metadata, 8, 1_000_000, 'hostile', wholeRequest(Metadata, { topics: null })),
  )
  const asked = 200_000
  const thousand = Buffer.concat(Array<Buffer>(1_000).fill(frame))
  for (let i = 0; i < asked / 1_000; i++) reader.sendRaw(thousand)
  await new Promise(resolve => setTimeout(resolve, 2_000))
  await reader.close()
  return `${asked} questions asked, no answer read`
}
