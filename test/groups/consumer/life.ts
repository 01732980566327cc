/** A random life of a consumer group from a seed: whatever clients, time, topics and restarts do, the promises hold. */
import { loadPatterns } from '../../../lib/base/pattern.ts'
import { seededRandom } from '../../../lib/base/random.ts'
import { codes } from '../../../protocol/errors.ts'
import type { SeedOptions } from '../../simulation/simulation.ts'
import { ClassicClient, ConsumerClient, type SimulatedClient, type Subscription } from './clients.ts'
import { ConsumerBench, id } from './consumer-bench.ts'
import { consumerGroupSabotages } from './sabotage.ts'

export interface LifeOptions extends SeedOptions {
  /** 1000 where it is not said. */
  readonly steps?: number
}

/** Runs a seed to its end; rejects where something is not as it must be. */
export async function runConsumerLife(
  seed: number,
  { sabotage, trace, steps = 1000 }: LifeOptions = {},
): Promise<void> {
  const readPattern = await loadPatterns()
  const restore = sabotage === undefined ? undefined : consumerGroupSabotages[sabotage]!()
  try {
    new ConsumerLife(seed, readPattern, trace).run(steps)
  } finally {
    restore?.()
  }
}

/** Steps between looks at what a shard makes of the log. */
const reloadEvery = 20
/**
 * Rounds of heartbeats, a second apart, within which a group that is let alone has settled. Two sessions of 45 s may follow one another: of
 * those that are gone; and of a static member whose place was made in epoch 0, as the group came from the classic protocol without a
 * generation: by Kafka's rules its next heartbeat is a join, which is refused (UNRELEASED_INSTANCE_ID) while the place is held.
 */
const settleRoundsMax = 150

class ConsumerLife {
  readonly #bench: ConsumerBench
  readonly #random
  readonly #trace: ((line: string) => void) | undefined
  readonly #clients: SimulatedClient[]
  #losesAnswers = false

  constructor(seed: number, readPattern: ConsumerBench['readPattern'], trace?: (line: string) => void) {
    this.#random = seededRandom(seed)
    this.#trace = trace
    this.#bench = new ConsumerBench({ t: 3, u: 2 })
    this.#bench.readPattern = readPattern
    this.#bench.consumer.assignmentIntervalMs = this.#pick([0, 1000])
    this.#bench.settings.consumerMembersMax = this.#pick([4, 100])
    this.#bench.settings.migration = this.#pick([
      { upgrade: true, downgrade: true },
      { upgrade: true, downgrade: true },
      { upgrade: true, downgrade: false },
    ])
    const classic = this.#random.int(4)
    this.#clients = Array.from({ length: 6 }, (_, i) => {
      const instanceId = i % 3 === 0 ? `instance-${i}` : null
      const make = i < classic ? ClassicClient : ConsumerClient
      const subscription = i < classic ? { names: ['t'], regex: '' } : this.#subscription()
      return new make(this.#bench, request => this.#send(request), instanceId, subscription)
    })
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.int(choices.length)]!
  }

  #subscription(): Subscription {
    return this.#pick([
      { names: ['t'], regex: '' },
      { names: ['t'], regex: '' },
      { names: ['t', 'u'], regex: '' },
      { names: ['u'], regex: '' },
      { names: [], regex: '[tu]' },
      { names: ['t'], regex: 'u|w' },
    ])
  }

  #send<T>(request: () => T): T | null {
    const { failures } = this.#bench
    const before = this.#bench.failWith === 0 ? null : this.#shown()
    const response = request()
    if (this.#bench.failures > failures) {
      if (this.#shown() !== before) throw new Error(`a failed append left ${this.#shown()} of ${before}`)
      return null
    }
    return this.#losesAnswers && this.#random.int(8) === 0 ? null : response
  }

  /** The group as it is described; what it is as a classic one, others look into. */
  #shown(): string | undefined {
    const described = this.#bench.describe()
    return described.errorCode === 0 ? JSON.stringify(described) : undefined
  }

  run(steps: number): void {
    for (let i = 0; i < steps; i++) {
      this.#step(this.#pick(this.#clients))
      this.#checkOwners()
      if (i % reloadEvery === 0) this.#checkReload()
      if (i % 250 === 249) this.#settle()
    }
    this.#settle()
    // What a group notices without anything else.
    this.#bench.partitionsBecome('t', this.#bench.partitionCounts.get('t')! + 1)
    this.#settle()
  }

  #say(line: () => string): void {
    this.#trace?.(
      `${this.#bench.monotonicMs} ms, ${this.#bench.describe().groupState || this.#bench.state()}: ${line()}`,
    )
  }

  #step(client: SimulatedClient): void {
    const bench = this.#bench
    const name = `client ${this.#clients.indexOf(client)} (${client.kind} ${client.memberId}, ${client.epoch})`
    switch (this.#random.int(24)) {
      case 0:
        this.#say(() => `${name} leaves`)
        client.leave()
        break
      case 1:
        this.#say(() => `${name} crashes`)
        client.crash()
        break
      case 2:
      case 3:
      case 4: {
        const ms = this.#pick([10, 500, 1000, 3000, 12_000, 50_000])
        this.#say(() => `${ms} ms pass`)
        this.#pass(ms)
        break
      }
      case 5:
        if (client.kind === 'consumer') client.subscription = this.#subscription()
        break
      case 6:
        bench.failWith = this.#random.int(4) === 0 ? codes.COORDINATOR_NOT_AVAILABLE : 0
        this.#say(() => `records are ${bench.failWith === 0 ? 'written' : 'refused'} from now on`)
        break
      case 7:
        this.#losesAnswers = this.#random.int(2) === 0
        break
      case 8:
        if (this.#random.int(4) === 0) {
          this.#say(() => 'a restart')
          bench.restart()
        }
        break
      case 9:
        if (this.#random.int(3) === 0) this.#changeTopics()
        break
      case 10:
      case 11:
        bench.work(bench.shard, this.#random.int(4))
        break
      default:
        client.step()
        this.#say(() => `${name} steps, and owns ${[...client.owned].join(' ') || 'nothing'} in epoch ${client.epoch}`)
    }
  }

  /** Who is silent for long drops what it has, as its own timer tells it. */
  #pass(ms: number): void {
    this.#bench.advance(ms)
    if (ms < 10_000) return
    for (const client of this.#clients) if (client.kind === 'classic' || ms > 45_000) client.crash()
  }

  #changeTopics(): void {
    const bench = this.#bench
    const counts = Object.fromEntries(
      [...(bench.topics?.keys() ?? [])].map(name => [name, bench.partitionCounts.get(name) ?? 0]),
    )
    switch (this.#random.int(3)) {
      case 0: {
        const name = this.#pick(Object.keys(counts))
        if (counts[name]! < 6) bench.partitionsBecome(name, counts[name]! + 1)
        break
      }
      case 1:
        bench.makeTopics('w' in counts ? { t: counts.t!, u: counts.u ?? 2 } : { ...counts, w: 1 })
        break
      case 2: {
        const { u, ...others } = counts
        bench.makeTopics(u === undefined ? { ...others, u: 2 } : others)
      }
    }
    this.#say(() => `there are ${JSON.stringify(Object.fromEntries(bench.partitionCounts))}`)
  }

  /** No partition has two owners, on the broker's side nor among those of its members that know where they are. */
  #checkOwners(): void {
    const { errorCode, members } = this.#bench.describe()
    if (errorCode !== 0) return
    const byBroker = new Map<string, string>()
    for (const { memberId, assignment } of members) {
      for (const { topicId, partitions } of assignment.topicPartitions) {
        for (const partition of partitions) this.#claim(byBroker, `${topicId}/${partition}`, memberId)
      }
    }
    const byClients = new Map<string, string>()
    for (const { kind, memberId, epoch, owned, isMember } of this.#clients) {
      const known = members.find(member => member.memberId === memberId)
      // Who is out, and does not know it yet, may not commit what it does.
      if (!known || !isMember || kind === 'classic' || epoch > known.memberEpoch) continue
      for (const partition of owned) this.#claim(byClients, partition, memberId)
    }
  }

  #claim(owners: Map<string, string>, partition: string, memberId: string): void {
    const owner = owners.get(partition)
    if (owner !== undefined && owner !== memberId) throw new Error(`${owner} and ${memberId} own ${partition}`)
    owners.set(partition, memberId)
  }

  #checkReload(): void {
    const live = this.#shown()
    if (live === undefined) return
    const again = JSON.stringify(this.#bench.reloaded())
    if (sorted(live) !== sorted(again)) throw new Error(`live ${live}, loaded ${again}`)
  }

  /** Nothing happens any more but heartbeats: then everybody has its share soon. */
  #settle(): void {
    const bench = this.#bench
    bench.failWith = 0
    this.#losesAnswers = false
    let why = ''
    for (let round = 0; round < settleRoundsMax; round++) {
      for (const client of this.#clients) for (let n = 0; n < 3; n++) client.step()
      this.#checkOwners()
      bench.advance(1000)
      bench.work()
      why = this.#unsettled()
      if (why === '') return
    }
    throw new Error(`not settled after ${settleRoundsMax} rounds: ${why}; ${this.#shown()}`)
  }

  /** Why the group is not settled; empty where it is, or where it is a classic one. */
  #unsettled(): string {
    const { errorCode, groupState, members } = this.#bench.describe()
    if (errorCode !== 0)
      return this.#clients.some(({ kind }) => kind === 'consumer') ? 'there is no consumer group' : ''
    if (groupState !== 'Stable') return `the group is ${groupState}`
    const owned = new Set<string>()
    for (const client of this.#clients) if (client.isMember) for (const partition of client.owned) owned.add(partition)
    for (const partition of this.#wanted(members.map(({ memberId }) => memberId))) {
      if (!owned.has(partition)) return `nobody owns ${partition}`
    }
    return ''
  }

  /** The partitions of all topics that members subscribe to. */
  #wanted(memberIds: readonly string[]): string[] {
    const names = new Set<string>()
    for (const client of this.#clients) {
      if (!memberIds.includes(client.memberId)) continue
      for (const name of client.subscription.names) names.add(name)
      const { regex } = client.subscription
      const pattern = regex === '' ? null : this.#bench.readPattern!(regex)
      for (const name of this.#bench.topics!.keys()) if (pattern?.(name)) names.add(name)
    }
    return [...names]
      .filter(name => this.#bench.topics!.has(name))
      .flatMap(name => Array.from({ length: this.#bench.partitionCounts.get(name)! }, (_, p) => `${id(name)}/${p}`))
  }
}

/** Members and topics are described in the order in which they were recorded, of which a shard that was loaded knows the last. */
function sorted(described: string): string {
  const group = JSON.parse(described)
  const sortTopics = (assignment: { topicPartitions: { topicId: string }[] }) =>
    assignment.topicPartitions.sort((a, b) => (a.topicId < b.topicId ? -1 : 1))
  for (const member of group.members) {
    sortTopics(member.assignment)
    sortTopics(member.targetAssignment)
  }
  group.members.sort((a: { memberId: string }, b: { memberId: string }) => (a.memberId < b.memberId ? -1 : 1))
  return JSON.stringify(group)
}
