/** Several whole brokers in one process: over a network and files in memory, with one store for all and a clock that stands still until it is turned. */
import { createLogger } from '../../lib/base/logger.ts'
import { seededRandom } from '../../lib/base/random.ts'
import { Client } from '../../lib/client/client.ts'
import type { ClientLogin } from '../../lib/client/login.ts'
import { partitionKey, type StoredPartition, topicKey, writeStored } from '../../lib/cluster/stored.ts'
import { Composition } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import type { Context } from '../../lib/handlers/context.ts'
import { handlerTable } from '../../lib/handlers/table.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { memoryJournal } from '../../lib/metadata/journal.ts'
import { sharedStore } from '../../lib/metadata/shared.ts'
import type { MetadataStore } from '../../lib/metadata/store.ts'
import { MemoryNetwork } from '../../lib/network/memory.ts'
import type { Partition } from '../../lib/partitions/partition.ts'
import type { Interceptor } from '../../lib/server/server.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { Fetch, type FetchResponse } from '../../protocol/messages/fetch.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batches } from '../../protocol/records/batch.ts'
import { wholeRequest } from '../../protocol/whole-request.ts'
import { LogDirectory } from '../../storage/directory.ts'
import { type Files, memoryFiles } from '../../storage/files.ts'
import { batchOf } from '../partitions/fixture.ts'
import { turnOfTheLoop } from '../turn-of-the-loop.ts'

const port = 9092
const clusterId = 'several-brokers-in-one'

interface Running {
  readonly composition: Composition
  /** What its handlers work with. */
  readonly services: () => Context['broker']
}

export class Brokers {
  readonly clock = new ManualClock()
  readonly network: MemoryNetwork
  readonly store = new EmbeddedStore(memoryJournal())
  readonly lines: string[] = []
  readonly #files = new Map<number, Files>()
  readonly #running = new Map<number, Running>()
  readonly #properties: Readonly<Record<string, string>>
  /** Of the one listener that each has. */
  protocol = 'PLAINTEXT'
  /** By whom its brokers are asked; without, by nobody in particular. */
  login: ClientLogin | undefined
  /** What one broker has beside the properties of all. */
  propertiesOf: (id: number) => Readonly<Record<string, string>> = () => ({})
  /** What stands between a broker and the store. */
  storeOf: (id: number, store: MetadataStore) => MetadataStore = (_id, store) => store

  constructor(properties: Readonly<Record<string, string>> = {}) {
    this.#properties = properties
    this.network = new MemoryNetwork({ clock: this.clock })
  }

  async start(...ids: number[]): Promise<void> {
    for (const id of ids) await this.#startOne(id)
    await this.settle()
  }

  async #startOne(id: number): Promise<void> {
    const files = this.#files.get(id) ?? (await this.#newFiles(id))
    const { clock, network } = this
    let services: Context['broker'] | undefined
    const handlers = new Map(
      [...handlerTable].map(([key, row]) => [
        key,
        {
          ...row,
          handle: (request: object, context: Context) => {
            services = context.broker
            return row.handle(request, context)
          },
        },
      ]),
    )
    const starting = Composition.start({
      config: BrokerConfig.parse({
        ...{ 'node.id': String(id), 'log.dirs': '/data', listeners: `${this.protocol}://:${port}` },
        ...{
          'advertised.listeners': `${this.protocol}://${nameOf(id)}:${port}`,
          'controlled.shutdown.enable': 'false',
        },
        'auto.leader.rebalance.enable': 'false',
        ...this.#properties,
        ...this.propertiesOf(id),
      }),
      ephemeral: false,
      parts: {
        clocks: { broker: clock, wire: clock },
        random: seededRandom(id),
        files,
        network: network.host(nameOf(id)),
        openStore: async () => this.storeOf(id, sharedStore(this.store)),
      },
      handlers,
      interceptors: [...this.interceptors(id)],
      logger: createLogger('debug', { clock, write: line => void this.lines.push(`${id} ${line.trim()}`) }),
    })
    const composition = await this.passing(starting)
    this.#running.set(id, { composition, services: () => services! })
    const client = await this.client(id)
    await this.passing(client.send(Produce, 9, wholeRequest(Produce, { acks: 1, timeoutMs: 1, topicData: [] })))
    await client.close()
  }

  /** What stands around the requests that a broker is asked. */
  interceptors: (id: number) => readonly Interceptor[] = () => []

  async #newFiles(id: number): Promise<Files> {
    const files = memoryFiles()
    this.#files.set(id, files)
    const random = seededRandom(100 + id)
    const open = { files, nodeId: id, clusterId, uuid: () => random.uuid(), now: () => this.clock.now() }
    await LogDirectory.open('/data', { ...open, schedule: write => write(), producerIdExpirationMs: () => 1 }).close()
    return files
  }

  /** A topic with these replicas of its partitions, the first of which lead. */
  async create(
    name: string,
    replicas: readonly (readonly number[])[],
    configs: Record<string, string> = {},
  ): Promise<string> {
    const topicId = seededRandom(name.length).uuid()
    const { entries } = await this.store.list('starts/')
    const starts = Object.fromEntries(entries.map(({ key, value }) => [key.slice(7), JSON.parse(value).count]))
    const changes = [{ key: topicKey(name), value: writeStored({ topicId, replicas, made: [{ from: 0, starts }] }) }]
    if (Object.keys(configs).length > 0) changes.push({ key: `configs/topic/${name}`, value: JSON.stringify(configs) })
    await this.passing(this.store.transact({ changes }))
    await this.settle()
    return topicId
  }

  /** Has the cluster say something else of a partition. */
  async become(topic: string, change: Partial<StoredPartition>, index = 0): Promise<void> {
    const { image } = [...this.#running.values()][0]!.services().cluster
    const { topicId, partitions } = image.topics.get(topic)!
    const { replicas: _, index: __, ...before } = partitions[index]!
    const next = { ...before, ...change, partitionEpoch: before.partitionEpoch + 1 }
    const stored = { ...next, starts: image.starts.get(next.leader) ?? 0 }
    await this.passing(
      this.store.transact({ changes: [{ key: partitionKey(topicId, index), value: writeStored(stored) }] }),
    )
    await this.settle()
  }

  services(id: number): Context['broker'] {
    return this.#running.get(id)!.services()
  }

  partition(id: number, topic: string, index = 0): Partition {
    return this.services(id).partitions.get(topic, index)!
  }

  isr(id: number, topic: string, index = 0): readonly number[] {
    return [...this.services(id).cluster.image.topics.get(topic)!.partitions[index]!.isr].sort()
  }

  /** The bytes of the log of one replica. */
  bytes(id: number, topic: string, index = 0): string {
    const { log } = this.partition(id, topic, index)
    const parts: Buffer[] = []
    for (let offset = log.logStartOffset; offset < log.writtenOffset; ) {
      const read = log.read(offset, { maxBytes: 1_000_000, maxOffset: log.writtenOffset, minOneMessage: true })
      parts.push(...read.records.map(part => Buffer.from(part)))
      offset = read.endOffset
      read.release()
    }
    return Buffer.concat(parts).toString('hex')
  }

  /** First offset and epoch of each batch of the log of one replica. */
  epochs(id: number, topic: string, index = 0): [number, number][] {
    const bytes = Buffer.from(this.bytes(id, topic, index), 'hex')
    return [...batches(bytes)].map(at => [Number(bytes.readBigInt64BE(at)), bytes.readInt32BE(at + 12)])
  }

  async stop(id: number): Promise<void> {
    const { composition } = this.#running.get(id)!
    this.#running.delete(id)
    await this.passing(composition.stop())
    await this.settle()
  }

  /** No bytes come through between a broker and another until `join`. */
  part(a: number, b: number): void {
    this.network.block(nameOf(a), nameOf(b))
  }

  join(a: number, b: number): void {
    this.network.unblock(nameOf(a), nameOf(b))
  }

  cut(a: number, b: number): void {
    this.network.cut(nameOf(a), nameOf(b))
  }

  client(id: number, name = 'client'): Promise<Client> {
    const { clock, network } = this
    const options = {
      host: nameOf(id),
      port,
      clock,
      network: network.host(name),
      timeoutMs: 120_000,
      login: this.login,
    }
    return this.passing(Client.connect(options))
  }

  /** Produces a batch; gives error and offset once it is answered. */
  async produce(id: number, topic: string, values: readonly string[], acks = -1, timeoutMs = 60_000) {
    const client = await this.client(id)
    const partitionData = [{ index: 0, records: batchOf(values, { now: this.clock.now() }) }]
    const request = wholeRequest(Produce, { acks, timeoutMs, topicData: [{ name: topic, partitionData }] })
    const answer = client.send(Produce, 12, request)
    return {
      client,
      answer: answer.then(({ responses }) => {
        const { errorCode, baseOffset, currentLeader } = responses[0]!.partitionResponses[0]!
        return { errorCode, baseOffset, currentLeader }
      }),
    }
  }

  /** The same, answered. */
  async produced(id: number, topic: string, values: readonly string[], acks = -1, timeoutMs = 60_000) {
    const { client, answer } = await this.produce(id, topic, values, acks, timeoutMs)
    const result = await this.passing(answer)
    await client.close()
    return result
  }

  async fetched(
    id: number,
    topic: string,
    fetchOffset = 0,
    { version = 12, rackId = '', leaderEpoch = -1 } = {},
  ): Promise<FetchResponse['responses'][number]['partitions'][number]> {
    const client = await this.client(id)
    const wish = { partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }
    const partitions = [version < 9 ? wish : { ...wish, currentLeaderEpoch: leaderEpoch }]
    const rack = version < 11 ? {} : { rackId }
    const request = wholeRequest(Fetch, { maxWaitMs: 0, minBytes: 0, topics: [{ topic, partitions }], ...rack })
    const { responses } = await this.passing(client.send(Fetch, version, request))
    await client.close()
    return responses[0]!.partitions[0]!
  }

  /** What can run runs; then time goes on to the next moment at which something is due, at the most by so much. */
  async step(msMax: number): Promise<void> {
    await turnOfTheLoop()
    this.#run(msMax)
  }

  #run(msMax: number): void {
    const { clock } = this
    if (clock.heldImmediates > 0) clock.runImmediates()
    else clock.advance(Math.max(0, Math.min(msMax, clock.nextTimerMs - clock.now())))
  }

  /** Lets so much time pass, with all that is due in it. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    while (this.clock.now() < end) await this.step(end - this.clock.now())
    await this.settle()
  }

  /** Runs what can run without time passing. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 5; ) {
      await turnOfTheLoop()
      if (this.clock.heldImmediates === 0) quiet++
      else {
        quiet = 0
        this.clock.runImmediates()
      }
    }
  }

  /** Time goes on until the promise is settled. */
  async passing<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => undefined)
    for (;;) {
      await turnOfTheLoop()
      if (isSettled) return settled
      this.#run(1_000)
    }
  }

  async close(): Promise<void> {
    for (const id of [...this.#running.keys()]) await this.stop(id)
    await this.passing(this.store.close())
  }
}

function nameOf(id: number): string {
  return `broker-${id}`
}
