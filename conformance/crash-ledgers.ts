/** What producers were told is kept, partition by partition, and whether a broker that was killed meanwhile has it. */
import assert from 'node:assert/strict'
import type { Client } from '../lib/client/client.ts'
import { Fetch } from '../protocol/messages/fetch.ts'
import { ListOffsets } from '../protocol/messages/list-offsets.ts'
import { batches, readRecords } from '../protocol/records/batch.ts'
import { lastOffset, sizeInBytes } from '../protocol/records/header.ts'
import type { OwnBroker } from './own-broker.ts'
import { wholeRequest } from './session.ts'

/** A record as it was sent. */
export interface Sent {
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

/** How long a broker that is ready may take to acknowledge anything at all. */
const firstAnswerMsMax = 30_000

/** A life that is to be cut off is counted from the first acknowledgement: on a busy machine that may take longer than the life. */
export function firstAnswer(broker: OwnBroker): { came(): void; readonly wait: Promise<void> } {
  let came = () => {}
  const wait = new Promise<void>((resolve, reject) => {
    const nothing = async () => {
      await broker.kill()
      reject(new Error(`nothing was acknowledged in ${firstAnswerMsMax} ms: ${broker.errorOutput()}`))
    }
    const timer = setTimeout(nothing, firstAnswerMsMax)
    came = () => {
      clearTimeout(timer)
      resolve()
    }
  })
  return { came, wait }
}

interface Found {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
}

/** One partition's acknowledged records. */
export interface Ledger {
  readonly topic: string
  readonly partition: number
  /** A producer was told that these records begin at an offset. */
  acknowledged(baseOffset: number, records: readonly Sent[]): void
  /** The broker was killed at this time; `client` is connected to the next one. Gives the records found. */
  verify(client: Client, killedMs: number): Promise<number>
}

/** A topic that loses its oldest records by time or size: from its log start on everything is there. */
export class RetainedLedger implements Ledger {
  readonly topic: string
  readonly partition: number
  readonly #limits: { readonly retentionMs: number; readonly retentionBytes: number }
  #sent = new Map<number, Sent>()
  #startOffset = 0

  /** Either limit is Infinity where there is none. */
  constructor(topic: string, partition: number, limits: { retentionMs: number; retentionBytes: number }) {
    this.topic = topic
    this.partition = partition
    this.#limits = limits
  }

  acknowledged(baseOffset: number, records: readonly Sent[]): void {
    for (const [index, record] of records.entries()) this.#sent.set(baseOffset + index, record)
  }

  async verify(client: Client, killedMs: number): Promise<number> {
    const name = `${this.topic}-${this.partition}`
    const startOffset = await earliest(client, this)
    assert.ok(startOffset >= this.#startOffset, `${name}: its start ${this.#startOffset} went back to ${startOffset}`)
    const { records, bytes } = await readAll(client, this, startOffset)
    let next = startOffset
    for (const { offset, value } of records) {
      assert.equal(offset, next, `${name}: offsets are dense`)
      const sent = this.#sent.get(offset)
      if (sent !== undefined) assert.equal(value, sent.value, `${name}, offset ${offset}: what was acknowledged`)
      next++
    }
    const { retentionMs, retentionBytes } = this.#limits
    for (const [offset, { timestamp }] of this.#sent) {
      if (offset >= startOffset) assert.ok(offset < next, `${name}: offset ${offset} is gone, it ends at ${next}`)
      else
        assert.ok(
          killedMs - timestamp >= retentionMs || retentionBytes < Number.POSITIVE_INFINITY,
          `${name}: offset ${offset} was deleted after ${killedMs - timestamp} ms`,
        )
    }
    if (startOffset > 0 && retentionMs === Number.POSITIVE_INFINITY) {
      assert.ok(bytes >= retentionBytes, `${name}: only ${bytes} bytes were kept`)
    }
    this.#startOffset = startOffset
    for (const offset of this.#sent.keys()) if (offset < startOffset) this.#sent.delete(offset)
    return records.length
  }
}

/** A compacted topic: of each key the latest record is there, or a later one; or none where that said that the key was deleted. */
export class CompactedLedger implements Ledger {
  readonly topic: string
  readonly partition: number
  readonly #latest = new Map<string, Found>()

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  acknowledged(baseOffset: number, records: readonly Sent[]): void {
    for (const [index, { key, value }] of records.entries()) {
      const offset = baseOffset + index
      if (key !== null && (this.#latest.get(key)?.offset ?? -1) < offset) this.#latest.set(key, { offset, key, value })
    }
  }

  async verify(client: Client): Promise<number> {
    const { records } = await readAll(client, this, await earliest(client, this))
    const last = new Map<string | null, Found>()
    let next = 0
    for (const record of records) {
      assert.ok(
        record.offset >= next,
        `${this.topic}-${this.partition}: offset ${record.offset} came after ${next - 1}`,
      )
      last.set(record.key, record)
      next = record.offset + 1
    }
    for (const [key, sent] of this.#latest) {
      const name = `${this.topic}-${this.partition}, ${key}`
      const found = last.get(key)
      if (found === undefined) assert.equal(sent.value, null, `${name}: offset ${sent.offset} is gone`)
      else assert.ok(found.offset >= sent.offset, `${name}: offset ${sent.offset} is gone, ${found.offset} is there`)
      if (found?.offset === sent.offset) assert.equal(found.value, sent.value, `${name}: what was acknowledged`)
    }
    // What was written without an answer counts from now on: it may delete, and be gone in its turn.
    for (const [key, found] of last) if (key !== null) this.#latest.set(key, found)
    return records.length
  }
}

async function earliest(client: Client, { topic, partition }: Ledger): Promise<number> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp: -2 }] }]
  const { topics: answers } = await client.send(ListOffsets, 4, wholeRequest(ListOffsets, { replicaId: -1, topics }))
  const { errorCode, offset } = answers[0]!.partitions[0]!
  assert.equal(errorCode, 0)
  return offset
}

/** All from an offset to the high watermark, and the bytes of their batches. */
async function readAll(
  client: Client,
  { topic, partition }: Ledger,
  from: number,
): Promise<{ records: Found[]; bytes: number }> {
  const found: Found[] = []
  let bytes = 0
  for (let next = from; ; ) {
    const topics = [{ topic, partitions: [{ partition, fetchOffset: next, partitionMaxBytes: 1 << 20 }] }]
    const fetched = await client.send(Fetch, 11, wholeRequest(Fetch, { maxWaitMs: 0, minBytes: 0, topics }))
    const { errorCode, records, highWatermark } = fetched.responses[0]!.partitions[0]!
    assert.equal(errorCode, 0)
    if (records === null || records.length === 0) {
      assert.equal(next, highWatermark, `${topic}-${partition} ends at its high watermark`)
      return { records: found, bytes }
    }
    for (const at of batches(records)) {
      bytes += sizeInBytes(records, at)
      for (const { offset, key, value } of readRecords(records, at)) {
        found.push({ offset, key: key?.toString() ?? null, value: value?.toString() ?? null })
      }
      next = lastOffset(records, at) + 1
    }
  }
}
