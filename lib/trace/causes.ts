/** Why errors were given: what had happened before to the same group, producer or partition. */
import { codes } from '../../protocol/errors.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import type { InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { LeaveGroupRequest } from '../../protocol/messages/leave-group.ts'
import type { ProduceRequest } from '../../protocol/messages/produce.ts'
import type { CallInfo } from '../server/interceptor.ts'
import type { About } from './about.ts'
import { producerIn } from './describe.ts'

/** Of names that clients give themselves; of longer ones nothing is remembered, or their beginning. */
const [keyCharactersMax, clientCharactersMax] = [600, 100]

interface Epoch {
  readonly epoch: number
  readonly client: string
}

/** See the head of the file. */
export class Causes {
  readonly #namesMax: number
  /** What last set a group in motion, and its latest generation. */
  readonly #moved = new Map<string, string>()
  readonly #generations = new Map<string, number>()
  /** Why somebody is no member any more. */
  readonly #gone = new Map<string, string>()
  readonly #instances = new Map<string, string>()
  /** The latest epoch of producers, by id and by transactional id. */
  readonly #epochs = new Map<string, Epoch>()
  readonly #opened = new Map<string, string>()

  /** So many groups, members and producers are remembered. */
  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  /** A request came. */
  asked(call: CallInfo): void {
    const client = nameOf(call)
    if (call.api.name === 'JoinGroup') {
      const { groupId, memberId, groupInstanceId } = call.request as JoinGroupRequest
      this.#put(this.#moved, groupId, `${client} ${memberId === '' ? 'joins' : 'joins again'}`)
      if (groupInstanceId !== null) this.#put(this.#instances, `${groupId}\0${groupInstanceId}`, client)
    }
    if (call.api.name === 'LeaveGroup') {
      const { groupId, memberId, members } = call.request as LeaveGroupRequest
      this.#put(this.#moved, groupId, `${client} left`)
      for (const left of [memberId, ...members.map(each => each.memberId)])
        this.#put(this.#gone, `${groupId}\0${left}`, 'it left')
    }
  }

  /** It was answered well, or not. */
  answered(call: CallInfo, response: object | null, about: About): void {
    const client = nameOf(call)
    if (call.api.name === 'InitProducerId' && response !== null) {
      const { producerId = -1, producerEpoch = -1 } = response as InitProducerIdResponse
      if (producerId < 0) return
      for (const name of [`${producerId}`, ...about.transactionalIds])
        this.#put(this.#epochs, name, { epoch: producerEpoch, client })
    }
    if (call.api.name === 'JoinGroup' && response !== null) {
      const { errorCode, generationId } = response as JoinGroupResponse
      if (errorCode === 0) this.#put(this.#generations, (call.request as JoinGroupRequest).groupId, generationId)
    }
    if (call.api.name === 'EndTxn') for (const id of about.transactionalIds) this.#put(this.#opened, id, client)
  }

  /** Why an answer has this code; undefined where that is not known. */
  of(code: number, call: CallInfo, response: object | null, about: About): string | undefined {
    const { groupId, memberId, generationId, generationIdOrMemberEpoch, groupInstanceId } = call.request as Record<
      string,
      unknown
    >
    const [group] = about.groups
    switch (code) {
      case codes.REBALANCE_IN_PROGRESS: {
        const moved = this.#moved.get(group ?? '')
        return moved === undefined ? undefined : `the members of ${group} gather anew, as ${moved}`
      }
      case codes.ILLEGAL_GENERATION: {
        const [own, latest] = [generationId ?? generationIdOrMemberEpoch, this.#generations.get(group ?? '')]
        return latest === undefined
          ? undefined
          : `generation ${own}, and ${group} is at ${latest}${this.#movedBy(group)}`
      }
      case codes.UNKNOWN_MEMBER_ID:
        if (memberId === undefined || memberId === '') return undefined
        return `${memberId} is no member of ${group}, as ${this.#gone.get(`${groupId}\0${memberId}`) ?? 'its session ended, or it never was'}`
      case codes.FENCED_INSTANCE_ID:
        return `${groupInstanceId} is another member now, as ${this.#instances.get(`${groupId}\0${groupInstanceId}`) ?? 'somebody'} joined by that name`
      case codes.INVALID_PRODUCER_EPOCH:
      case codes.PRODUCER_FENCED:
        return this.#fenced(call, about)
      case codes.CONCURRENT_TRANSACTIONS: {
        const [id = ''] = about.transactionalIds
        return `the transaction before is not completed yet${this.#opened.has(id) ? `, which ${this.#opened.get(id)} ended` : ''}`
      }
      case codes.OFFSET_OUT_OF_RANGE:
        return rangeIn(response)
      case codes.UNKNOWN_TOPIC_OR_PARTITION:
        return 'there is no such topic or partition here'
      case codes.UNKNOWN_TOPIC_ID:
        return 'no topic has this id: it was deleted, or made anew'
      default:
        return undefined
    }
  }

  #put<V>(map: Map<string, V>, key: string, value: V): void {
    if (key.length > keyCharactersMax) return
    map.delete(key)
    map.set(key, value)
    if (map.size > this.#namesMax) map.delete(map.keys().next().value!)
  }

  #movedBy(group: string | undefined): string {
    const moved = this.#moved.get(group ?? '')
    return moved === undefined ? '' : `, as ${moved}`
  }

  #fenced(call: CallInfo, about: About): string | undefined {
    const own = ownProducer(call)
    const names = [...about.transactionalIds, ...(own === null ? [] : [`${own.id}`])]
    const latest = names.map(name => this.#epochs.get(name)).find(epoch => epoch !== undefined)
    if (own === null || latest === undefined) return undefined
    if (own.epoch < latest.epoch) return `producer epoch ${own.epoch} < ${latest.epoch}, as ${latest.client} began anew`
    return `producer epoch ${own.epoch} was raised by the broker, as its transaction took too long or was ended by somebody else`
  }
}

function ownProducer({ api, request }: CallInfo): { id: number; epoch: number } | null {
  if (api.name === 'Produce') return producerIn(request as ProduceRequest)
  const fields = request as Record<string, unknown>
  const [id, epoch] = [
    fields.producerId ?? fields.v3AndBelowProducerId,
    fields.producerEpoch ?? fields.v3AndBelowProducerEpoch,
  ]
  return typeof id === 'number' && typeof epoch === 'number' ? { id, epoch } : null
}

/** Where the log begins, of the first partition that says so. */
function rangeIn(response: object | null): string | undefined {
  const { responses } = (response ?? {}) as Partial<FetchResponse>
  const range = responses
    ?.flatMap(({ partitions }) => partitions)
    .find(({ errorCode }) => errorCode === codes.OFFSET_OUT_OF_RANGE)
  if (range === undefined || (range.logStartOffset ?? -1) < 0) return undefined
  return `the log begins at ${range.logStartOffset}${range.highWatermark < 0 ? '' : ` and reaches ${range.highWatermark}`}`
}

function nameOf({ clientId, connection }: CallInfo): string {
  return `${clientId === null || clientId === '' ? 'a client without a name' : cut(clientId, clientCharactersMax)} (connection ${connection.id})`
}

/** The beginning of a text that is longer; a copy, as a part of a text keeps all of it in memory. */
export function cut(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${Buffer.from(text.slice(0, charactersMax)).toString()}…`
}
