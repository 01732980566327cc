/** What does not fit together in the metadata of a cluster, key by key; for people who look after one. */
import { type StoredBroker, type StoredPartition, type StoredStarts, type StoredTopic, splitKey } from './stored.ts'

export interface StoredFinding {
  readonly key: string
  readonly problem: string
}

type Entries = readonly { readonly key: string; readonly value: string }[]

/** Kinds of keys whose values are checked nowhere here. */
const otherKinds = new Set(['features', 'scram', 'tokens', 'acls', 'leader-epochs', 'quotas', 'endpoints'])

/** In the order of the keys. */
export function checkStored(entries: Entries): StoredFinding[] {
  const check = new Check(entries)
  for (const { key, value } of entries) check.entry(key, value)
  return check.findings
}

class Check {
  readonly findings: StoredFinding[] = []
  readonly #keys: ReadonlySet<string>
  readonly #topicsById = new Map<string, { readonly name: string; readonly topic: StoredTopic }>()
  readonly #starts = new Map<number, number>()

  constructor(entries: Entries) {
    this.#keys = new Set(entries.map(({ key }) => key))
    for (const { key, value } of entries) {
      const [kind, rest] = splitKey(key)
      const parsed = parse(value)
      if (kind === 'topics' && isTopic(parsed) && !this.#topicsById.has(parsed.topicId)) {
        this.#topicsById.set(parsed.topicId, { name: rest, topic: parsed })
      }
      if (kind === 'starts') this.#starts.set(Number(rest), (parsed as StoredStarts | null)?.count ?? 0)
    }
    if (!this.#keys.has('cluster'))
      this.#find('cluster', 'is not there: no cluster was begun, or a restoring was broken off')
  }

  entry(key: string, value: string): void {
    const [kind, rest] = splitKey(key)
    if (kind === 'leaders') {
      this.#leaderOf(key, value)
      return
    }
    const parsed = parse(value)
    if (parsed === undefined) {
      this.#find(key, 'has a value that is not JSON')
      return
    }
    if (kind === 'topics') this.#topic(key, rest, parsed)
    else if (kind === 'partitions') this.#partition(key, rest, parsed)
    else if (kind === 'configs') this.#configs(key, rest, parsed)
    else if (kind === 'brokers') this.#broker(key, Number(rest), parsed as StoredBroker)
    else if (kind === 'admitted') this.#run(key, Number(rest), (parsed as { epoch?: number }).epoch ?? 0)
    else if (key === 'producer-ids') {
      if (!Number.isSafeInteger((parsed as { next?: number }).next)) this.#find(key, 'does not say which id is next')
    } else if (kind !== 'cluster' && kind !== 'starts' && !otherKinds.has(kind)) {
      this.#find(key, 'is of a kind that this version does not know')
    }
  }

  #topic(key: string, name: string, topic: unknown): void {
    if (!isTopic(topic)) {
      this.#find(key, 'does not say its id and its replicas')
      return
    }
    const first = this.#topicsById.get(topic.topicId)
    if (first !== undefined && first.name !== name) this.#find(key, `has the id of topic ${first.name}`)
    topic.replicas.forEach((replicas, index) => {
      const where = `partition ${index}`
      if (replicas.length === 0) this.#find(key, `${where} has no replica`)
      if (new Set(replicas).size < replicas.length) this.#find(key, `${where} names a replica twice`)
      for (const id of replicas)
        if (!this.#isKnown(id)) this.#find(key, `${where} has a replica on broker ${id}, which never was there`)
    })
  }

  #partition(key: string, rest: string, parsed: unknown): void {
    const [topicId, index] = splitKey(rest)
    const topic = this.#topicsById.get(topicId)
    if (topic === undefined) {
      this.#find(key, 'is a partition of no topic')
      return
    }
    const replicas = topic.topic.replicas[Number(index)]
    if (replicas === undefined) {
      this.#find(key, `is beyond the ${topic.topic.replicas.length} partition(s) of topic ${topic.name}`)
      return
    }
    const state = parsed as StoredPartition
    if (!Number.isInteger(state?.leader) || !Number.isInteger(state.leaderEpoch) || !Array.isArray(state.isr)) {
      this.#find(key, 'does not say leader, epoch and in-sync replicas')
      return
    }
    const { leader, isr, elr = [], addingReplicas = [], removingReplicas = [] } = state
    const beyond = (ids: readonly number[], what: string) => {
      for (const id of ids) if (!replicas.includes(id)) this.#find(key, `has ${id} ${what}, which is no replica`)
    }
    beyond(isr, 'in sync')
    beyond(elr, 'as eligible')
    beyond(addingReplicas, 'to be added')
    beyond(removingReplicas, 'to be removed')
    for (const id of elr) if (isr.includes(id)) this.#find(key, `has ${id} both in sync and as eligible`)
    if (leader !== -1 && !isr.includes(leader)) this.#find(key, `is led by ${leader}, which is not in sync`)
    if (isr.length === 0 && leader !== -1) this.#find(key, 'has no replica in sync')
    if ((state.starts ?? 0) > (this.#starts.get(leader) ?? 0) && leader !== -1) {
      this.#find(key, `counts from a start of broker ${leader} that has not been yet: its leader epoch would go back`)
    }
  }

  #configs(key: string, rest: string, parsed: unknown): void {
    if (typeof parsed !== 'object' || parsed === null) {
      this.#find(key, 'is no set of settings')
      return
    }
    const [kind, name] = splitKey(rest)
    if (kind === 'topic' && !this.#keys.has(`topics/${name}`)) this.#find(key, 'are settings of no topic')
  }

  #broker(key: string, id: number, { epoch }: StoredBroker): void {
    this.#run(key, id, epoch)
  }

  #run(key: string, id: number, epoch: number): void {
    const last = this.#starts.get(id) ?? 0
    if (epoch > last) this.#find(key, `is of run ${epoch}, and broker ${id} has started ${last} time(s)`)
  }

  #leaderOf(key: string, value: string): void {
    if (key === 'leaders/controller' && !this.#keys.has(`brokers/${value}`)) {
      this.#find(key, `names broker ${value}, which is not there now`)
    }
  }

  #isKnown(id: number): boolean {
    return this.#starts.has(id) || this.#keys.has(`brokers/${id}`)
  }

  #find(key: string, problem: string): void {
    this.findings.push({ key, problem })
  }
}

function isTopic(value: unknown): value is StoredTopic {
  const { topicId, replicas } = (value ?? {}) as Partial<StoredTopic>
  return typeof topicId === 'string' && Array.isArray(replicas) && replicas.every(ids => Array.isArray(ids))
}

/** Undefined where it is not JSON. */
function parse(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
