/** The broker under fire, its memory, and the client that must be served all the while. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Client } from '../../lib/client/client.ts'
import { Fetch } from '../../protocol/messages/fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batchOf } from '../cases/case.ts'
import { Session, wholeRequest } from '../session.ts'

/** How long a bystander may wait for one answer while others misbehave. */
const bystanderMsMax = 2_000

/** How long an attacker waits for what comes of it. */
const outcomeMsMax = 10_000

export interface Target {
  readonly host: string
  readonly port: number
  /** Null where it runs elsewhere; its memory is then not looked at. */
  readonly pid: number | null
}

export function connect({ host, port }: Target): Promise<Client> {
  return Client.connect({ host, port, clientId: 'hostile', timeoutMs: outcomeMsMax })
}

/** What came of bytes that were sent: an answer, the end of the connection, or nothing. */
export type Outcome =
  | { readonly kind: 'answered'; readonly frame: Buffer }
  | { readonly kind: 'closed' }
  | { readonly kind: 'silence' }

/** Sends bytes on a connection of its own and waits for what comes of them. */
export async function fire(target: Target, bytes: Uint8Array, waitMs = outcomeMsMax): Promise<Outcome> {
  const client = await connect(target)
  try {
    client.sendRaw(bytes)
    let timer: NodeJS.Timeout | undefined
    const silence = new Promise<Outcome>(resolve => {
      timer = setTimeout(() => resolve({ kind: 'silence' }), waitMs)
    })
    const answer = client
      .receiveFrame()
      .then((frame): Outcome => (frame === null ? { kind: 'closed' } : { kind: 'answered', frame }))
    const outcome = await Promise.race([answer, silence])
    clearTimeout(timer)
    return outcome
  } finally {
    await client.close()
  }
}

/** Resident memory in bytes: now, and the most there ever was. */
export function memoryOf(pid: number): { residentBytes: number; peakBytes: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024
  return { residentBytes: field('VmRSS'), peakBytes: field('VmHWM') }
}

/** A well-behaved client that produces and fetches without a pause, and keeps count of how it was served. */
export class Bystander {
  served = 0
  slowestMs = 0
  failure: Error | null = null
  readonly #target: Target
  readonly topic: string
  #running = true
  #done: Promise<void> = Promise.resolve()

  private constructor(target: Target, topic: string) {
    this.#target = target
    this.topic = topic
  }

  static async start(target: Target): Promise<Bystander> {
    const session = new Session(`${target.host}:${target.port}`, `${process.pid}-${Math.floor(performance.timeOrigin)}`)
    const topic = session.name('bystander')
    // Small segments that go at once: what the bystander writes must not itself fill the memory.
    await session.topic(topic, 1, { 'retention.bytes': '1048576', 'segment.bytes': '1048576' })
    await session.close()
    const bystander = new Bystander(target, topic)
    bystander.#done = bystander.#serve().catch(error => {
      bystander.failure = error
    })
    return bystander
  }

  async #serve(): Promise<void> {
    const client = await connect(this.#target)
    try {
      while (this.#running) {
        const begin = performance.now()
        const produced = await client.send(
          Produce,
          9,
          wholeRequest(Produce, {
            acks: -1,
            timeoutMs: 5_000,
            topicData: [{ name: this.topic, partitionData: [{ index: 0, records: batchOf(['still here']) }] }],
          }),
        )
        const { errorCode, baseOffset } = produced.responses[0]!.partitionResponses[0]!
        assert.equal(errorCode, 0, `a bystander’s produce was answered with error ${errorCode}`)
        const topics = [
          { topic: this.topic, partitions: [{ partition: 0, fetchOffset: baseOffset, partitionMaxBytes: 10_000 }] },
        ]
        const fetched = await client.send(Fetch, 11, wholeRequest(Fetch, { maxWaitMs: 500, minBytes: 1, topics }))
        assert.ok((fetched.responses[0]!.partitions[0]!.records?.length ?? 0) > 0, 'a bystander reads what it wrote')
        this.slowestMs = Math.max(this.slowestMs, performance.now() - begin)
        this.served++
        await new Promise(resolve => setTimeout(resolve, 5))
      }
    } finally {
      await client.close()
    }
  }

  /** Waits until it was served once more, and throws where it was not served well since the last time of asking. */
  async check(): Promise<string> {
    const before = this.served
    const begin = performance.now()
    while (this.served === before && this.failure === null && performance.now() - begin < bystanderMsMax) {
      await new Promise(resolve => setTimeout(resolve, 2))
    }
    if (this.failure !== null) throw new Error(`a bystander was not served: ${this.failure.message}`)
    assert.ok(this.served > before, 'a bystander was not served any more')
    assert.ok(this.slowestMs < bystanderMsMax, `a bystander waited ${Math.round(this.slowestMs)} ms`)
    const note = `bystander served ${this.served} times, at most ${Math.round(this.slowestMs)} ms`
    this.served = 0
    this.slowestMs = 0
    return note
  }

  async stop(): Promise<void> {
    this.#running = false
    await this.#done
  }
}
