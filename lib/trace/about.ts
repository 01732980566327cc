/** What requests are about: which topics, partitions, groups and transactional ids each names. Each is looked at once, however many ask. */
import { Fetch, type FetchRequest, type FetchResponse } from '../../protocol/messages/fetch.ts'
import { FindCoordinator, type FindCoordinatorRequest } from '../../protocol/messages/find-coordinator.ts'
import type { CallInfo } from '../server/interceptor.ts'
import { type Fields, indexOf, partitionsOf, shapeOf, topicLists, topicOf } from './shapes.ts'

/** A topic that a request names. */
export interface AboutTopic {
  readonly topic: string
  /** Null where it names the topic alone. */
  readonly partitions: readonly number[] | null
}

/** See the head of the file. */
export interface About {
  /** Null where it is about all topics. */
  readonly topics: readonly AboutTopic[] | null
  readonly groups: readonly string[]
  readonly transactionalIds: readonly string[]
}

type Session = Map<string, Set<number>>

/** Looks at requests, and knows what sessions of Fetch are about, as most of their requests do not say it. */
export class Abouts {
  readonly #nameOfId: (topicId: string) => string | undefined
  readonly #sessionsMax: number
  readonly #known = new WeakMap<CallInfo, About>()
  readonly #sessions = new Map<number, Session>()

  /** `nameOfId` is the topic that has an id now. What sessions are about is known of so many: by itself, of more than a broker keeps. */
  constructor(nameOfId: (topicId: string) => string | undefined, sessionsMax = 10_000) {
    this.#nameOfId = nameOfId
    this.#sessionsMax = sessionsMax
  }

  readonly nameOfId = (topicId: string): string | undefined => this.#nameOfId(topicId)

  of(call: CallInfo): About {
    let about = this.#known.get(call)
    if (about === undefined) {
      about = this.#look(call)
      this.#known.set(call, about)
    }
    return about
  }

  /** A request was answered: a session may have begun. */
  answered(call: CallInfo, response: object | null): void {
    if (call.api.key !== Fetch.key || response === null) return
    const { sessionEpoch, sessionId: before } = call.request as FetchRequest
    const { sessionId = 0, errorCode } = response as FetchResponse
    if (sessionEpoch !== 0 || errorCode !== 0) return
    this.#sessions.delete(before)
    if (sessionId === 0 || this.#sessionsMax === 0) return
    const session: Session = new Map()
    for (const { topic, partitions } of this.of(call).topics ?? []) session.set(topic, new Set(partitions))
    this.#sessions.set(sessionId, session)
    if (this.#sessions.size > this.#sessionsMax) this.#sessions.delete(this.#sessions.keys().next().value!)
  }

  #look(call: CallInfo): About {
    const request = call.request as Fields
    const { groups, transactionalIds } = keysOf(call)
    if (call.api.key === Fetch.key) return { groups, transactionalIds, topics: this.#fetched(call) }
    return { groups, transactionalIds, topics: this.#named(call.api.key, call.apiVersion, request) }
  }

  #named(apiKey: number, version: number, request: Fields): AboutTopic[] | null {
    const shape = shapeOf(apiKey, version)
    if (shape === undefined) return []
    if (shape.request.within === undefined && request[shape.request.field] === null) return null
    return topicLists(request, shape.request).flatMap(entries =>
      entries.flatMap(entry => {
        const topic = topicOf(entry, this.#nameOfId)
        if (topic === undefined) return []
        const partitions = partitionsOf(entry, shape.request)
        return { topic, partitions: partitions?.map(each => indexOf(each, shape.request)) ?? null }
      }),
    )
  }

  /** What the request names and, in a session, what those before it did. */
  #fetched(call: CallInfo): AboutTopic[] {
    const request = call.request as FetchRequest
    const named = this.#named(Fetch.key, call.apiVersion, request as unknown as Fields) ?? []
    const session = request.sessionEpoch > 0 ? this.#sessions.get(request.sessionId) : undefined
    if (session === undefined) return named
    for (const { topic, partitions } of named) {
      const known = session.get(topic) ?? new Set()
      for (const partition of partitions ?? []) known.add(partition)
      session.set(topic, known)
    }
    for (const forgotten of request.forgottenTopicsData) {
      const topic = topicOf(forgotten, this.#nameOfId)
      const known = topic === undefined ? undefined : session.get(topic)
      for (const partition of forgotten.partitions) known?.delete(partition)
    }
    return [...session].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }))
  }
}

/** The groups and transactional ids that a request names, wherever it does. */
function keysOf({ api, request }: CallInfo): Omit<About, 'topics'> {
  if (api.key === FindCoordinator.key) {
    const { key, keyType, coordinatorKeys } = request as FindCoordinatorRequest
    const keys = key === '' ? coordinatorKeys : [key]
    return { groups: keyType === 0 ? keys : [], transactionalIds: keyType === 1 ? keys : [] }
  }
  const fields = request as Fields
  const transactional = ['transactionalId', 'v3AndBelowTransactionalId', 'transactionalIds']
  return {
    groups: ['groupId', 'groups', 'groupIds', 'groupsNames'].flatMap(name => textsOf(fields[name], 'groupId')),
    transactionalIds: transactional.flatMap(name => textsOf(fields[name], 'transactionalId')),
  }
}

/** The names in a field: one, several, or those of structs. */
function textsOf(value: unknown, name: string): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (!Array.isArray(value)) return []
  return value.flatMap(each => textsOf(typeof each === 'object' && each !== null ? each[name] : each, name))
}
