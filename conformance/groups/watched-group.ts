/** A group under load: records are produced all the time, members come and go, and what they tell and commit is kept and judged. */
import assert from 'node:assert/strict'
import type { Producer } from 'kafkajs'
import { Admin } from '../../lib/admin/admin.ts'
import { groupOffsets, listGroups } from '../../lib/admin/groups.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import type { Client } from '../kafkajs/kafka.ts'
import { until } from '../scenario.ts'
import { Commits, History } from './history.ts'
import { Member, type MemberProgram, type Protocol } from './member.ts'

const recordsPerBatch = 20
const msBetweenBatches = 100
/** Members are programs that have to start, on machines that have more to do; one that was killed is missed after its session. */
const changeMsMax = 120_000

export class WatchedGroup {
  readonly client: Client
  readonly group: string
  readonly history = new History()
  readonly #admin: Admin
  readonly #commits = new Commits()
  readonly #members = new Set<Member>()
  readonly #topics: string[] = []
  #produced = 0
  #isOver = false
  #load: Promise<void> = Promise.resolve()
  #failure: Error | null = null

  /** The client gives names that it has not given before. */
  constructor(client: Client) {
    this.client = client
    this.group = client.name('watched')
    this.#admin = new Admin({
      ...{ bootstrap: [client.bootstrap], clientId: 'conformance', timeoutMs: 30_000 },
      ...{ clock: systemClock, network: systemNetwork, random: systemRandom },
    })
  }

  /** Makes a topic that is produced to from now on. */
  async topic(name: string, partitions: number): Promise<string> {
    const topic = await this.client.topic(name, partitions)
    this.#topics.push(topic)
    return topic
  }

  /** Begins to produce, and to look at what is committed. */
  async begin(): Promise<void> {
    const producer = await this.client.producer({ idempotent: true })
    const go = async (step: () => Promise<void>) => {
      while (!this.#isOver) {
        await step()
        await new Promise(resolve => setTimeout(resolve, msBetweenBatches))
      }
    }
    this.#load = Promise.all([go(() => this.#produce(producer)), go(() => this.#look())]).then(
      () => {},
      error => {
        this.#failure = error
      },
    )
  }

  async #produce(producer: Producer): Promise<void> {
    const topic = this.#topics[Math.floor(this.#produced / recordsPerBatch) % this.#topics.length]!
    const messages = Array.from({ length: recordsPerBatch }, () => ({ value: String(this.#produced++) }))
    // In as many partitions as there are.
    await producer.send({ topic, messages: messages.map(each => ({ ...each, key: each.value })) })
  }

  async #look(): Promise<void> {
    const committed = await groupOffsets(this.#admin, this.group).catch(() => [])
    this.#commits.look(
      new Map(committed.map(({ topic, partition, value }) => [`${topic}-${partition}`, value.offset] as const)),
    )
  }

  join(name: string, program: MemberProgram, protocol: Protocol, subscription: string, instance?: string): Member {
    const { bootstrap } = this.client
    const options = { bootstrap, group: this.group, protocol, subscription, instance }
    const member = new Member(name, program, options, this.history)
    this.#members.add(member)
    return member
  }

  async leave(member: Member): Promise<void> {
    this.#members.delete(member)
    await member.leave()
  }

  async kill(member: Member): Promise<void> {
    this.#members.delete(member)
    await member.kill()
  }

  /** Waits until the members own as many partitions as is said, together, and none more than one more than another. */
  async shared(partitions: number): Promise<void> {
    const names = () => [...this.#members].map(each => `${each.name} ${this.history.owned(each.name).size}`).join(', ')
    await this.#until(() => {
      const counts = [...this.#members].map(({ name }) => this.history.owned(name).size)
      const isEven = Math.max(...counts) - Math.min(...counts) <= 1
      return isEven && counts.reduce((sum, count) => sum + count, 0) === partitions
    }).catch(error => {
      throw new Error(`${partitions} partitions are not shared evenly (${names()}): ${error.message}`)
    })
  }

  /** Waits for what is so. */
  async #until(isSo: () => boolean): Promise<void> {
    await until(
      'a change of the group',
      () => {
        if (this.#failure) throw this.#failure
        for (const member of this.#members) member.check()
        return isSo() || undefined
      },
      changeMsMax,
    )
  }

  async type(): Promise<string | undefined> {
    return (await listGroups(this.#admin)).find(({ groupId }) => groupId === this.group)?.groupType
  }

  /** Stops producing, waits until all is read and committed, and judges. Answers what was seen, in words. */
  async judged(): Promise<string> {
    this.#isOver = true
    await this.#load
    if (this.#failure) throw this.#failure
    await this.#until(() => this.history.values.size >= this.#produced).catch(error => {
      throw new Error(
        `${this.#produced - this.history.values.size} of ${this.#produced} records are not read: ${error.message}`,
      )
    })
    await until('all to be committed', async () => {
      await this.#look()
      return this.#commits.sum >= this.#produced ? true : undefined
    })
    assert.deepEqual(this.history.faults(), [])
    assert.deepEqual(this.#commits.faults, [])
    assert.equal(this.#commits.sum, this.#produced, 'nothing is committed that was not produced')
    return `${this.#produced} records`
  }

  async end(): Promise<void> {
    this.#isOver = true
    for (const member of this.#members) await member.kill()
    await this.#load
    await this.#admin.close()
  }
}
