/** What a run needs of a broker before it begins: a topic of its own, producer ids, and where the partitions end. */
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from '../../../lib/client/client.ts'
import { codeName, codes } from '../../../protocol/errors.ts'
import { CreateTopics } from '../../../protocol/messages/create-topics.ts'
import { DeleteTopics } from '../../../protocol/messages/delete-topics.ts'
import { InitProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../../../protocol/messages/list-offsets.ts'
import { Metadata } from '../../../protocol/messages/metadata.ts'

/** Not sent at these versions. */
const noTopicId = 'A'.repeat(22)
const noOperations = { includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: false }

/** Files of deleted topics go at once: their memory is warm for the next run. */
const fileDeleteDelay = { name: 'file.delete.delay.ms', value: '0' }

/** The broker under test, asked for what is not measured. */
export class BenchCluster {
  readonly #client: Client

  private constructor(client: Client) {
    this.#client = client
  }

  /** `authority` is whom to trust, as a PEM certificate, where the broker speaks TLS. */
  static async connect(host: string, port: number, authority?: string): Promise<BenchCluster> {
    const tls = authority === undefined ? undefined : { options: { ca: [authority] }, checksHost: false }
    return new BenchCluster(await Client.connect({ host, port, tls, clientId: 'replay' }))
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** Makes a topic and waits until all its partitions can be written to. */
  async createTopic(name: string, numPartitions: number): Promise<void> {
    const { topics } = await this.#client.send(CreateTopics, 5, {
      topics: [{ name, numPartitions, replicationFactor: 1, assignments: [], configs: [fileDeleteDelay] }],
      timeoutMs: 30_000,
      validateOnly: false,
    })
    this.#check(`creating topic ${name}`, topics[0].errorCode)
    for (;;) {
      const { topics } = await this.#client.send(Metadata, 8, {
        topics: [{ name, topicId: noTopicId }],
        allowAutoTopicCreation: false,
        ...noOperations,
      })
      const { partitions } = topics[0]
      if (partitions.length === numPartitions && partitions.every(({ errorCode }) => errorCode === 0)) break
      await delay(50)
    }
    // What the metadata tells may be ahead of who leads.
    while (!(await this.#serves(name, numPartitions))) await delay(50)
  }

  async #serves(topic: string, numPartitions: number): Promise<boolean> {
    const partitions = Array.from({ length: numPartitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    const answer = await this.#client.send(ListOffsets, 5, {
      replicaId: -1,
      isolationLevel: 0,
      timeoutMs: 0,
      topics: [{ name: topic, partitions }],
    })
    return answer.topics[0].partitions.every(({ errorCode }) => errorCode === codes.NONE)
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#client.send(DeleteTopics, 4, { topics: [], topicNames: [name], timeoutMs: 30_000 })
  }

  async newProducerId(): Promise<number> {
    for (;;) {
      const { errorCode, producerId } = await this.#client.send(InitProducerId, 3, {
        transactionalId: null,
        transactionTimeoutMs: 0,
      })
      if (errorCode === codes.NONE) return producerId
      if (errorCode !== codes.COORDINATOR_NOT_AVAILABLE && errorCode !== codes.COORDINATOR_LOAD_IN_PROGRESS) {
        this.#check('getting a producer id', errorCode)
      }
      await delay(50)
    }
  }

  /** Offset of the next record of a partition. */
  async endOffset(topic: string, partitionIndex: number): Promise<number> {
    const { topics } = await this.#client.send(ListOffsets, 5, {
      replicaId: -1,
      isolationLevel: 0,
      timeoutMs: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex, timestamp: -1 }] }],
    })
    const { errorCode, offset } = topics[0].partitions[0]
    this.#check(`asking for the end of ${topic}-${partitionIndex}`, errorCode)
    return offset
  }

  #check(what: string, errorCode: number): void {
    if (errorCode !== codes.NONE) throw new Error(`${what} failed: ${codeName(errorCode)}`)
  }
}
