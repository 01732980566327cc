/** What is there while questions are asked: made by the administrator, and made good again after a question that changed it. */
import type { Client } from '../../lib/client/client.ts'
import { codes } from '../../protocol/errors.ts'
import { AddPartitionsToTxn } from '../../protocol/messages/add-partitions-to-txn.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { FindCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { InitProducerId } from '../../protocol/messages/init-producer-id.ts'
import { ListOffsets } from '../../protocol/messages/list-offsets.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { OffsetCommit } from '../../protocol/messages/offset-commit.ts'
import type { Api, ClientRequestOf } from '../../protocol/schema.ts'
import { until } from '../scenario.ts'
import { type Loose, wholeRequest } from '../session.ts'
import { connectAs } from './brokers.ts'
import type { World } from './questions/question.ts'
import type { Rule } from './rights.ts'

const topics = ['mine', 'mine-doomed', 'other', 'other-doomed'] as const
const partitionCount = 2
const timeoutMs = 20_000
/** Rules in one request. */
const rulesMax = 500
const committedTo = ['mine', 'other'] as const

export class Administrator implements World {
  readonly #client: Client
  ids: ReadonlyMap<string, string> = new Map()

  private constructor(client: Client) {
    this.#client = client
  }

  /** Makes everything that questions find. */
  static async begin(bootstrap: string, rules: readonly Rule[]): Promise<Administrator> {
    const administrator = new Administrator(await connectAs(bootstrap, 'admin'))
    await administrator.#allow(rules)
    await administrator.restoreTopics(topics)
    await administrator.#setDefault()
    for (const group of ['mine', 'other']) await administrator.#commit(group)
    for (const transactionalId of ['mine', 'other']) await administrator.#beginTransaction(transactionalId)
    await administrator.restoreGroups()
    return administrator
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** The keys of the APIs that the broker offers. */
  async offered(): Promise<number[]> {
    const software = { clientSoftwareName: 'conformance', clientSoftwareVersion: '1' }
    const { apiKeys } = await this.#client.send(ApiVersions, 3, software)
    return apiKeys.map(({ apiKey }) => apiKey)
  }

  #send<A extends Api>(api: A, version: number, request: Loose<ClientRequestOf<A>>) {
    return this.#client.send(api, version, wholeRequest(api, request))
  }

  async #allow(rules: readonly Rule[]): Promise<void> {
    for (let at = 0; at < rules.length; at += rulesMax) {
      const { results } = await this.#send(CreateAcls, 3, { creations: rules.slice(at, at + rulesMax) })
      const failed = results.find(({ errorCode }) => errorCode !== 0)
      if (failed !== undefined) throw new Error(`a rule was refused: error ${failed.errorCode}, ${failed.errorMessage}`)
    }
  }

  /** Makes topics anew that users have deleted. Metadata may still show them. */
  async restoreTopics(names: readonly string[]): Promise<void> {
    await until('topics that are gone', async () => {
      const there = await this.#there()
      return names.some(name => there.has(name)) ? undefined : true
    })
    const asked = names.map(name => ({ name, numPartitions: partitionCount, replicationFactor: 1 }))
    await this.#send(CreateTopics, 5, { topics: asked, timeoutMs })
    await until('topics that are made', async () => {
      this.ids = await this.#there()
      return names.every(name => this.ids.has(name)) && (await this.#led(names)) ? true : undefined
    })
  }

  /** The topics of users by their names, with their ids. */
  async #there(): Promise<ReadonlyMap<string, string>> {
    const { topics } = await this.#send(Metadata, 12, { topics: null })
    const ofUsers = topics.filter(({ isInternal, errorCode }) => !isInternal && errorCode === 0)
    return new Map(ofUsers.map(({ name, topicId }) => [name!, topicId]))
  }

  /** Metadata may name a leader before the leader knows of it. */
  async #led(names: readonly string[]): Promise<true | undefined> {
    const indexes = Array.from({ length: partitionCount }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }))
    const asked = { replicaId: -1, topics: names.map(name => ({ name, partitions: indexes })) }
    const { topics } = await this.#send(ListOffsets, 4, asked)
    const all = topics.flatMap(({ partitions }) => partitions)
    return all.every(({ errorCode }) => errorCode === 0) ? true : undefined
  }

  /** The groups that users may delete. */
  async restoreGroups(): Promise<void> {
    for (const group of ['mine-doomed', 'other-doomed']) await this.#commit(group)
  }

  /** Kafka has set it from the start. */
  async #setDefault(): Promise<void> {
    const configs = [{ name: 'min.insync.replicas', configOperation: 0, value: '1' }]
    const resources = [{ resourceType: 4, resourceName: '', configs }]
    const { responses } = await this.#send(IncrementalAlterConfigs, 1, { resources })
    const { errorCode, errorMessage } = responses[0]!
    if (errorCode !== 0) throw new Error(`a default cannot be set: error ${errorCode}, ${errorMessage}`)
  }

  /** A group of no members, with offsets. */
  async #commit(groupId: string): Promise<void> {
    const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }]
    await until(`the group ${groupId}`, async () => {
      await this.#send(FindCoordinator, 3, { key: groupId, keyType: 0 })
      const { topics } = await this.#send(OffsetCommit, 7, {
        groupId,
        topics: committedTo.map(name => ({ name, partitions })),
      })
      return topics.every(topic => topic.partitions[0]!.errorCode === 0) ? true : undefined
    })
  }

  /** A transaction that stays open, with partitions of mine and of others. */
  async #beginTransaction(transactionalId: string): Promise<void> {
    const { producerId, producerEpoch } = await until(`the transactions of ${transactionalId}`, async () => {
      await this.#send(FindCoordinator, 3, { key: transactionalId, keyType: 1 })
      const given = await this.#send(InitProducerId, 4, { transactionalId, transactionTimeoutMs: 900_000 })
      return given.errorCode === 0 ? given : undefined
    })
    await until(`the partitions of ${transactionalId}`, async () => {
      const { resultsByTopicV3AndBelow: results } = await this.#send(AddPartitionsToTxn, 3, {
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: producerId,
        v3AndBelowProducerEpoch: producerEpoch,
        v3AndBelowTopics: committedTo.map(name => ({ name, partitions: [0] })),
      })
      const added = results.every(topic =>
        topic.resultsByPartition.every(({ partitionErrorCode }) => partitionErrorCode === codes.NONE),
      )
      return added ? true : undefined
    })
  }
}
