/** A broker as cases of tools prepare it, and as they find it: empty but for the internal topics. */
import { Admin } from '../../lib/admin/admin.ts'
import { alterConfigs, describeConfigs } from '../../lib/admin/configs.ts'
import { alterGroupOffsets, deleteGroups, listGroups } from '../../lib/admin/groups.ts'
import { deleteTopics, listTopics } from '../../lib/admin/topics.ts'
import { alterScramUser, describeScramUsers } from '../../lib/admin/users.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { systemRandom } from '../../lib/base/random.ts'
import type { ClientLogin } from '../../lib/client/login.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { configSources } from '../../protocol/config-sources.ts'
import { codes } from '../../protocol/errors.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { ListConfigResources } from '../../protocol/messages/list-config-resources.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { batchOf } from '../cases/case.ts'
import { until } from '../scenario.ts'
import { Session } from '../session.ts'
import type { Started } from './stoppable.ts'

/** What configs may belong to that outlives topics and groups, as the protocol numbers it. */
const [brokers, clientMetrics, groups] = [4, 16, 32]

/** What a cluster of several sets for itself, where it has eligible leader replicas. */
const keptByClusters = 'min.insync.replicas'

export class World {
  readonly bootstrap: string
  readonly admin: Admin
  /** Requests of any kind. */
  readonly session: Session
  /** What stands for what in command lines and files, beside addresses and directories. */
  readonly words = new Map<string, string>()
  readonly #isCluster: boolean
  readonly #stopOne: Started['stopOne']
  readonly #ends: (() => Promise<void>)[] = []

  constructor(bootstrap: string, login?: ClientLogin, brokers = 1, stopOne?: Started['stopOne']) {
    this.bootstrap = bootstrap
    this.#stopOne = stopOne
    this.#isCluster = brokers > 1
    this.session = new Session(bootstrap, '', login)
    this.admin = new Admin({
      ...{ bootstrap: [bootstrap], clientId: 'conformance', timeoutMs: 30_000, login },
      ...{ clock: systemClock, network: systemNetwork, random: systemRandom },
    })
  }

  /** Makes a topic, and waits until it has leaders. */
  async topic(name: string, partitions = 1, configs: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.session.topic(name, partitions, configs)
  }

  /** Appends records, of 2020 where their time is not said. */
  async produce(
    topic: string,
    values: readonly (string | null)[],
    options: { readonly partition?: number; readonly key?: string; readonly timestamp?: number } = {},
  ): Promise<void> {
    const { partition = 0, ...others } = options
    const { responses } = await this.session.prepare(Produce, 9, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batchOf(values, others) }] }],
    })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode !== codes.NONE) throw new Error(`${topic}-${partition} took no records: error ${errorCode}`)
  }

  /** Gives a group without members an offset. */
  async commit(group: string, topic: string, partition: number, offset: number): Promise<void> {
    const [result] = await alterGroupOffsets(this.admin, group, [{ topic, partition, offset }])
    if (result!.errorCode !== codes.NONE) throw new Error(`${group} has no offset: error ${result!.errorCode}`)
  }

  /** Stops one of several brokers until the case is over; resolves once others lead what it led. */
  async stopBroker(id: number): Promise<void> {
    if (this.#stopOne === undefined) throw new Error('the brokers of this group are not to stop')
    this.atEnd(await this.#stopOne(id))
    await until(`broker ${id} to be gone`, async () => {
      const { brokers, topics } = await this.admin.metadata(null)
      const partitions = [...topics.values()].flatMap(topic => topic.partitions)
      const isGone = partitions.every(({ leader, isr }) => leader !== id && (isr.length === 1 || !isr.includes(id)))
      return (isGone && brokers.every(broker => broker.nodeId !== id)) || undefined
    })
  }

  /** Makes the internal topics, where the one broker leads them. */
  async begin(): Promise<void> {
    if (this.#isCluster) return
    await this.admin.coordinatorId('group', 'any')
    await this.admin.coordinatorId('transaction', 'any')
    await this.session.led('__consumer_offsets')
    await this.session.led('__transaction_state')
  }

  /** Keeps what is to be done when the case is over. */
  atEnd(end: () => Promise<void>): void {
    this.#ends.push(end)
  }

  /** Takes away all that a case made. */
  async clean(): Promise<void> {
    const { admin } = this
    for (const end of this.#ends.splice(0)) await end()
    this.words.clear()
    const topics = (await listTopics(admin)).map(({ name }) => name)
    if (topics.length > 0) await deleteTopics(admin, topics)
    const made = (await listGroups(admin)).map(({ groupId }) => groupId)
    await deleteGroups(admin, made)
    for (const { user, credentials } of await describeScramUsers(admin, null)) {
      const deleted = credentials.map(({ mechanism }) => mechanism)
      await alterScramUser(admin, user, { set: [], deleted }, count => systemRandom.bytes(count))
    }
    await this.#forgetConfigs()
    await this.#forgetRules()
    await until('topics to go', async () => ((await listTopics(admin)).length === 0 ? true : undefined))
  }

  async #forgetConfigs(): Promise<void> {
    const { configResources } = await this.admin.ask({ to: 'any' }, ListConfigResources, {
      resourceTypes: [brokers, clientMetrics, groups],
    })
    const types = { [brokers]: 'broker', [clientMetrics]: 'clientMetrics', [groups]: 'group' } as const
    const own: readonly number[] = [
      configSources.DYNAMIC_BROKER_CONFIG,
      configSources.DYNAMIC_DEFAULT_BROKER_CONFIG,
      configSources.DYNAMIC_CLIENT_METRICS_CONFIG,
      configSources.DYNAMIC_GROUP_CONFIG,
    ]
    const all = configResources.map(({ resourceType, resourceName: name }) => ({ type: types[resourceType]!, name }))
    for (const resource of [...all, { type: 'broker', name: '' } as const]) {
      const changed = (await describeConfigs(this.admin, resource)).filter(
        ({ name, configSource }) => own.includes(configSource) && !(this.#isCluster && name === keptByClusters),
      )
      if (changed.length === 0) continue
      await alterConfigs(
        this.admin,
        resource,
        changed.map(({ name }) => ({ name, value: null })),
      )
    }
  }

  async #forgetRules(): Promise<void> {
    // 1 stands for any.
    const any = { patternTypeFilter: 1, principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 }
    const filters = [{ resourceTypeFilter: 1, resourceNameFilter: null, ...any }]
    const { filterResults } = await this.admin.ask({ to: 'any' }, DeleteAcls, { filters }, { errorOf: () => 0 })
    const errorCode = filterResults[0]?.errorCode ?? codes.NONE
    if (errorCode !== codes.NONE && errorCode !== codes.SECURITY_DISABLED)
      throw new Error(`rules were not deleted: error ${errorCode}`)
  }

  async close(): Promise<void> {
    await this.admin.close()
    await this.session.close()
  }
}
