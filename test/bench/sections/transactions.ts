/** What transactions cost a broker: the same records from the same client in transactions of a thousand, and by an idempotent producer. */
import { until } from '../../../conformance/scenario.ts'
import { Client } from '../../../lib/client/client.ts'
import { codeName, codes } from '../../../protocol/errors.ts'
import { EndTxn } from '../../../protocol/messages/end-txn.ts'
import { FindCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { wholeRequest } from '../../../protocol/whole-request.ts'
import { Figures, inTheKernel, type Section } from '../measures.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { warmMegabytesFor, warmMemory } from '../replay/warm-memory.ts'
import { cpuSecondsOf, inTurns, type Rivals } from '../rivals.ts'

const recordBytes = 100
/** About 16 KB, the default of Kafka's producer. */
const recordsPerBatch = 125
const batchesPerTransaction = 8
const recordsPerTransaction = recordsPerBatch * batchesPerTransaction
/** Producers, each with a partition of its own; as many requests are under way at each as Kafka's producer allows. */
const [lanes, inFlight] = [4, 5]
const transactionsPerLane = 150
const [warmUps, warmUpFactor] = [3, 1]
/** What the client itself takes of the machine's memory, about. */
const clientMegabytes = 100

type Mode = 'idempotent' | 'transactional'

const records = Array.from({ length: recordsPerBatch }, (_, i) => ({
  timestamp: 1_700_000_000_000 + i,
  key: null,
  value: Buffer.alloc(recordBytes, 97 + (i % 26)),
}))

/** One producer on one connection. */
class Lane {
  readonly #client: Client
  readonly #mode: Mode
  readonly #topic: string
  readonly #index: number
  readonly #transactionalId: string | null
  #producerId = -1
  #epoch = -1
  #sequence = 0

  constructor(client: Client, mode: Mode, topic: string, index: number) {
    this.#client = client
    this.#mode = mode
    this.#topic = topic
    this.#index = index
    this.#transactionalId = mode === 'transactional' ? `${topic}-${index}` : null
  }

  async begin(): Promise<void> {
    const transactionalId = this.#transactionalId
    const look = async () => {
      if (transactionalId !== null) {
        const coordinatorKeys = [transactionalId]
        await this.#client.send(FindCoordinator, 4, wholeRequest(FindCoordinator, { keyType: 1, coordinatorKeys }))
      }
      const request = wholeRequest(InitProducerId, { transactionalId, transactionTimeoutMs: 60_000 })
      const answer = await this.#client.send(InitProducerId, 4, request)
      return answer.errorCode === 0 ? answer : undefined
    }
    const { producerId, producerEpoch } = await until('a producer id', look)
    this.#producerId = producerId
    this.#epoch = producerEpoch
  }

  /** A thousand records, and the end of their transaction where they are in one. */
  async thousand(): Promise<void> {
    // Alone, as it may have to be sent again, in both modes: the transaction before may still be ending.
    while ((await this.#produce()) === codes.CONCURRENT_TRANSACTIONS);
    const answers: Promise<unknown>[] = []
    for (let batch = 0; batch < batchesPerTransaction - 1; batch++) {
      // What is under way is bounded; answers come in order.
      if (batch >= inFlight) await answers[batch - inFlight]
      answers.push(this.#produce().then(code => refuse('Produce', code)))
    }
    await Promise.all(answers)
    if (this.#mode === 'transactional') await this.#commit()
  }

  /** Sends the next batch; gives the error code. */
  async #produce(): Promise<number> {
    const batch = buildBatch({
      ...{ producerId: this.#producerId, producerEpoch: this.#epoch, baseSequence: this.#sequence },
      ...{ isTransactional: this.#mode === 'transactional', records },
    })
    const baseSequence = this.#sequence
    this.#sequence += recordsPerBatch
    const partitionData = [{ index: this.#index, records: batch }]
    const { responses } = await this.#client.send(
      Produce,
      12,
      wholeRequest(Produce, {
        ...{ transactionalId: this.#transactionalId, acks: -1, timeoutMs: 30_000 },
        topicData: [{ name: this.#topic, partitionData }],
      }),
    )
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode === codes.CONCURRENT_TRANSACTIONS) this.#sequence = baseSequence
    else refuse('Produce', errorCode)
    return errorCode
  }

  async #commit(): Promise<void> {
    const transactionalId = this.#transactionalId!
    const claim = { producerId: this.#producerId, producerEpoch: this.#epoch, committed: true }
    const answer = await this.#client.send(EndTxn, 5, wholeRequest(EndTxn, { transactionalId, ...claim }))
    refuse('EndTxn', answer.errorCode)
    this.#producerId = answer.producerId
    this.#epoch = answer.producerEpoch
    this.#sequence = 0
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

function refuse(what: string, errorCode: number): void {
  if (errorCode !== 0) throw new Error(`${what} is refused with ${codeName(errorCode)}`)
}

export async function transactions(rivals: Rivals, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  await inTurns(rivals, rounds, warmUps, async (rival, at, round) => {
    const spent = { idempotent: 0, transactional: 0 }
    const each = transactionsPerLane * (round > 0 ? 1 : warmUpFactor)
    const count = lanes * each * recordsPerTransaction
    const modes: Mode[] = ['idempotent', 'transactional']
    for (const mode of round % 2 === 0 ? modes : modes.reverse()) {
      const cluster = await BenchCluster.connect(rival.host, rival.port)
      const topic = `bench-${round}-${mode}`
      await cluster.createTopic(topic, lanes)
      if (warm) await warmMemory(warmMegabytesFor((count * recordBytes) / 1e6, clientMegabytes))
      const all = await Promise.all(
        Array.from({ length: lanes }, async (_, index) => {
          const client = await Client.connect({ host: rival.host, port: rival.port, clientId: 'bench' })
          const lane = new Lane(client, mode, topic, index)
          await lane.begin()
          return lane
        }),
      )
      const { cpuSeconds, systemSeconds } = await cpuSecondsOf(rival.pid, async () => {
        await Promise.all(
          all.map(async lane => {
            for (let done = 0; done < each; done++) await lane.thousand()
          }),
        )
      })
      for (const lane of all) await lane.close()
      await cluster.deleteTopic(topic)
      await cluster.close()
      spent[mode] = cpuSeconds / count
      console.log(
        `round ${round}, ${mode}, ${rival.name}: ${((cpuSeconds / count) * 1e6).toFixed(3)} s of CPU a million`,
      )
      if (round <= 0) continue
      const measure = { unit: 'CPU s/million records', digits: 3, better: 'lower' } as const
      figures.add(at, { ...measure, name: mode }, (cpuSeconds / count) * 1e6)
      figures.add(at, { ...measure, name: `${mode}${inTheKernel}` }, (systemSeconds / count) * 1e6)
    }
    if (round <= 0) return
    const share = { name: 'transactional to idempotent', unit: 'share', digits: 2, better: 'lower' } as const
    figures.add(at, share, spent.transactional / spent.idempotent)
  })
  return {
    key: 'transactions',
    measures: figures.all(),
    setting: `Records of ${recordBytes} bytes in batches of ${recordsPerBatch}, ${lanes} producers on as many connections and partitions, acks=all, ${inFlight} requests under way at each; transactions of ${recordsPerTransaction} records by protocol 2.`,
  }
}
