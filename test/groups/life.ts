/** A random life of a group from a seed: whatever clients, time and restarts do, the promises hold. */
import { seededRandom } from '../../lib/base/random.ts'
import { codes } from '../../protocol/errors.ts'
import type { JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { SyncGroupResponse } from '../../protocol/messages/sync-group.ts'
import type { SeedOptions } from '../simulation/simulation.ts'
import { type Asked, Bench, protocols } from './bench.ts'
import { groupSabotages } from './sabotage.ts'

/** Steps of one life. */
const steps = 250

/** A client that follows the protocol, more or less. */
interface Client {
  memberId: string
  generation: number
  readonly groupInstanceId: string | null
  readonly apiVersion: number
  join: Asked<JoinGroupResponse> | null
  sync: Asked<SyncGroupResponse> | null
  leads: boolean
  members: string[]
}

/** Runs a seed to its end; throws where something is not as it must be. */
export function runLife(seed: number, { sabotage, trace }: SeedOptions = {}): void {
  const restore = sabotage === undefined ? undefined : groupSabotages[sabotage]!()
  try {
    const problem = new Life(seed, trace).run()
    if (problem !== null) throw new Error(problem)
  } finally {
    restore?.()
  }
}

class Life {
  readonly bench: Bench
  readonly clients: Client[]
  readonly #random
  readonly #trace: ((line: string) => void) | undefined
  readonly #asked: { readonly answers: readonly unknown[] }[] = []
  /** The generations that the shard told of since it was loaded, with their leaders. */
  #leaders = new Map<number, string>()
  #generation = 0
  #failures = 0
  /** What is committed for the partitions of the topic that there is now, and how many there were of its name. */
  #committed = new Map<number, number>()
  #topics = 0
  problem: string | null = null

  constructor(seed: number, trace?: (line: string) => void) {
    this.#random = seededRandom(seed)
    this.#trace = trace
    this.bench = new Bench({ initialRebalanceDelayMs: this.#pick([0, 100, 3000]), membersMax: this.#pick([3, 100]) })
    this.#makeTopic()
    this.clients = Array.from({ length: 5 }, (_, i) => ({
      memberId: '',
      generation: -1,
      groupInstanceId: i < 2 ? `instance-${i}` : null,
      apiVersion: this.#pick([3, 5, 9]),
      join: null,
      sync: null,
      leads: false,
      members: [],
    }))
  }

  #say(client: Client, line: () => string): void {
    this.#trace?.(
      `${this.bench.monotonicMs} ms, ${this.bench.state()}: client ${this.clients.indexOf(client)} ${line()}`,
    )
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[this.#random.int(choices.length)]!
  }

  run(): string | null {
    for (let i = 0; i < steps && this.problem === null; i++) {
      this.#step(this.#pick(this.clients))
      this.#check()
    }
    // In the end every session is over, and everybody was answered.
    this.bench.failWith = 0
    this.bench.advance(3_600_000)
    this.bench.work()
    const topicId = this.bench.topics!.get('t')
    for (const { value } of this.bench.lastOffsets()) {
      if (value.topicId !== topicId) this.problem ??= 'an offset outlives its topic'
    }
    for (const asked of this.#asked) if (asked.answers.length !== 1) this.problem ??= `${asked.answers.length} answers`
    if (this.bench.members().length > 0) this.problem ??= 'members outlive their sessions'
    return this.problem
  }

  #step(client: Client): void {
    const { bench } = this
    const { memberId, generation: generationId, groupInstanceId } = client
    switch (this.#random.int(15)) {
      case 0:
      case 1:
      case 2:
      case 3:
        if (!client.join) this.#join(client)
        break
      case 4:
      case 5:
      case 6:
        if (memberId !== '' && generationId > 0 && !client.sync) this.#sync(client)
        break
      case 7: {
        const code = bench.heartbeat(memberId, generationId, groupInstanceId)
        this.#say(client, () => `beats in generation ${generationId}: ${code}`)
        break
      }
      case 8: {
        const ms = this.#pick([0, 10, 1000, 3000, 7000, 70_000])
        this.#say(client, () => `sees ${ms} ms pass`)
        bench.advance(ms)
        break
      }
      case 9: {
        const by = this.#pick([{ memberId, groupInstanceId }, { memberId }, { groupInstanceId }])
        const left = bench.leave(by)
        this.#say(client, () => `leaves by ${JSON.stringify(by)}: ${left}`)
        break
      }
      case 10: {
        const commit = { partition: this.#random.int(3), offset: this.#random.int(100) }
        const by = { generation: generationId, memberId, groupInstanceId }
        const code = bench.commit({ ...commit, topicId: bench.topics!.get('t')! }, by)
        if (code === 0 && bench.failWith === 0) this.#committed.set(commit.partition, commit.offset)
        this.#say(client, () => `commits ${JSON.stringify(commit)} in generation ${generationId}: ${code}`)
        break
      }
      case 11:
        this.#say(client, () => 'forgets who it is')
        client.memberId = ''
        break
      case 12:
        if (this.#random.int(4) === 0) {
          this.#say(client, () => 'sees a restart')
          this.#restart()
        }
        break
      case 13:
        bench.failWith = this.#random.int(4) === 0 ? codes.COORDINATOR_NOT_AVAILABLE : 0
        this.#say(client, () => `sees records ${bench.failWith === 0 ? 'written' : 'refused'} from now on`)
        break
      case 14:
        this.#remakeTopic(client)
        break
    }
    this.#hear()
  }

  #makeTopic(): void {
    this.#topics++
    this.bench.topicsBecome({ t: `topic ${this.#topics}` })
  }

  /** The topic goes, and comes again: the shard hears of it and has some time for it, or is not there. */
  #remakeTopic(client: Client): void {
    const { bench } = this
    if (this.#random.int(4) > 0) {
      bench.work(bench.shard, this.#random.int(3))
      return
    }
    const isThere = this.#random.int(2) === 0
    this.#say(client, () => `sees the topic made anew${isThere ? '' : ' while the shard is away'}`)
    this.#committed.clear()
    if (isThere) {
      bench.topicsBecome({})
      bench.work(bench.shard, this.#random.int(3))
      this.#makeTopic()
    } else {
      bench.topics = new Map([['t', `topic ${++this.#topics}`]])
      this.#restart()
    }
  }

  #join(client: Client): void {
    const { memberId, groupInstanceId, apiVersion } = client
    const names = this.#pick([['range'], ['range', 'sticky'], ['sticky', 'range']])
    const timeouts = { sessionTimeoutMs: 6000, rebalanceTimeoutMs: this.#pick([2000, 5000]) }
    this.#say(client, () => `joins as '${memberId}' (${groupInstanceId}), version ${apiVersion}, with ${names}`)
    client.join = this.bench.join(
      { memberId, groupInstanceId, protocols: protocols(...names), ...timeouts },
      apiVersion,
    )
    client.sync = null
    this.#asked.push(client.join)
  }

  #sync(client: Client): void {
    const { memberId, generation: generationId, groupInstanceId, leads, members } = client
    const assignments = leads ? members.map(id => ({ memberId: id, assignment: Buffer.from(`for ${id}`) })) : []
    this.#say(client, () => `syncs generation ${generationId} as '${memberId}' with ${assignments.length} assignments`)
    client.sync = this.bench.sync({ memberId, generationId, groupInstanceId, assignments })
    this.#asked.push(client.sync)
  }

  #restart(): void {
    this.bench.restart()
    this.#backToRecord()
  }

  /** A restart or a failed write takes the group back to its record, so that generations that were not recorded come again. */
  #backToRecord(): void {
    this.#leaders = new Map()
    this.#failures = this.bench.failures
  }

  /** Clients take note of their answers. */
  #hear(): void {
    for (const client of this.clients) {
      const joined = client.join?.answers[0]
      if (joined) {
        client.join = null
        this.#say(client, () => `has joined as '${joined.memberId}': ${joined.errorCode}`)
        if (joined.errorCode === 0 || joined.errorCode === codes.MEMBER_ID_REQUIRED) client.memberId = joined.memberId
        if (joined.errorCode === codes.UNKNOWN_MEMBER_ID || joined.errorCode === codes.FENCED_INSTANCE_ID)
          client.memberId = ''
        if (joined.errorCode === 0) this.#joined(client, joined)
      }
      const synced = client.sync?.answers[0]
      if (synced) {
        client.sync = null
        this.#say(client, () => `has synced: ${synced.errorCode}`)
      }
    }
    if (this.#failures !== this.bench.failures) this.#backToRecord()
  }

  #joined(client: Client, { generationId = -1, leader, memberId, members, skipAssignment }: JoinGroupResponse): void {
    client.generation = generationId
    client.leads = leader === memberId && !skipAssignment
    client.members = members.map(member => member.memberId)
    // Answers from before a failed write speak of a generation that is no more.
    if (!client.leads || this.#failures !== this.bench.failures) return
    const known = this.#leaders.get(generationId)
    if (known !== undefined && known !== memberId && client.groupInstanceId === null) {
      this.problem ??= `generation ${generationId} has the leaders ${known} and ${memberId}`
    }
    this.#leaders.set(generationId, memberId)
  }

  #check(): void {
    const { bench } = this
    const recorded = lastRecord(bench)
    if (recorded && recorded.generation < this.#generation) {
      this.problem ??= `generation ${recorded.generation} was recorded after ${this.#generation}`
    }
    this.#generation = recorded?.generation ?? 0
    // A group that nothing is left of is forgotten; one that is made anew begins with generation 1.
    if (bench.state() === 'none') this.#leaders = new Map()
    for (const asked of this.#asked) if (asked.answers.length > 1) this.problem ??= 'a request was answered twice'
    // Static members that are away come on top, and while members gather all those who have not joined again.
    const membersMax = bench.settings.membersMax * (bench.state() === 'PreparingRebalance' ? 2 : 1)
    if (bench.members().length > membersMax + 2) this.problem ??= 'the group is larger than allowed'
    for (let partition = 0; partition < 3; partition++) {
      const [expected, found] = [this.#committed.get(partition) ?? -1, bench.committed('t', partition)]
      if (expected !== found)
        this.problem ??= `offset ${expected} was committed for t-${partition}, and ${found} is there`
    }
    const loaded = reloaded(bench)
    const state = bench.state()
    // What is settled is on record: a shard that is loaded from it shows the same.
    if (state === 'Stable' || (state === 'Empty' && recorded)) {
      const live = JSON.stringify(settled(bench))
      const again = JSON.stringify(settled(loaded))
      if (live !== again) this.problem ??= `live ${live}, loaded ${again}`
    }
    const offsets = (of: Bench) => JSON.stringify(of.shard.fetchOffsets('g', null, false))
    if (offsets(bench) !== offsets(loaded)) this.problem ??= 'offsets differ after loading'
  }
}

function lastRecord(bench: Bench) {
  for (let i = bench.log.length - 1; i >= 0; i--) {
    const record = bench.log[i]!
    if (record.kind === 'group') return record.value
  }
  return null
}

function reloaded(bench: Bench): Bench {
  const other = new Bench()
  other.monotonicMs = bench.monotonicMs
  other.log.push(...bench.log)
  other.topics = bench.topics
  other.restart()
  return other
}

function settled({ shard }: Bench): unknown {
  const described = shard.describe('g')
  return (
    described && {
      ...described,
      members: described.members.map(member => ({ ...member, memberMetadata: String(member.memberMetadata) })),
    }
  )
}
