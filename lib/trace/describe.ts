/** Requests and answers in plain words. */
import { codeName } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { InitProducerIdResponse } from '../../protocol/messages/init-producer-id.ts'
import type { JoinGroupRequest, JoinGroupResponse } from '../../protocol/messages/join-group.ts'
import type { OffsetCommitRequest } from '../../protocol/messages/offset-commit.ts'
import type { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import { batches } from '../../protocol/records/batch.ts'
import { magic, producerEpoch, producerId, recordCount } from '../../protocol/records/header.ts'
import type { CallInfo } from '../server/interceptor.ts'
import type { About } from './about.ts'
import { topicOf } from './shapes.ts'

type NameOfId = (topicId: string) => string | undefined

/** A code that is not 0, and the topic, partition or group that it is of. */
interface PlacedCode {
  readonly code: number
  readonly place: string
}

/** So many things are named in one line. */
const namedMax = 8
/** Batches of a partition that are counted. */
const batchesMax = 1_000
const firstMagic = 2

/** What a request asks. */
export function requestInWords({ api, request }: CallInfo, about: About, nameOfId: NameOfId): string {
  switch (api.name) {
    case 'Produce':
      return produceInWords(request as ProduceRequest, nameOfId)
    case 'Fetch':
      return fetchInWords(request as FetchRequest, about, nameOfId)
    case 'OffsetCommit':
      return `group ${(request as OffsetCommitRequest).groupId}: ${commits(request as OffsetCommitRequest, nameOfId)}`
    case 'JoinGroup': {
      const { groupId, memberId, groupInstanceId, sessionTimeoutMs } = request as JoinGroupRequest
      const who = memberId === '' ? 'somebody new' : memberId
      return `group ${groupId} by ${who}${groupInstanceId === null ? '' : ` (${groupInstanceId})`}, session ${sessionTimeoutMs} ms`
    }
    default:
      return aboutInWords(request, about)
  }
}

/** What an answer says, but for its errors. */
export function answerInWords({ api, request }: CallInfo, response: object | null, nameOfId: NameOfId): string {
  if (response === null) return 'no answer is wanted'
  switch (api.name) {
    case 'Produce':
      return list(
        (response as ProduceResponse).responses.flatMap(topic =>
          topic.partitionResponses
            .filter(({ errorCode }) => errorCode === 0)
            .map(({ index, baseOffset }) => `${topicOf(topic, nameOfId) ?? '?'}-${index} at ${baseOffset}`),
        ),
      )
    case 'Fetch':
      return fetchedInWords(response as FetchResponse, nameOfId)
    case 'JoinGroup': {
      const { generationId, memberId, leader, members, errorCode } = response as JoinGroupResponse
      if (errorCode !== 0) return `member id ${memberId === '' ? 'none' : memberId}`
      const role = leader === memberId ? `leads ${members.length} members` : 'follows'
      return `${memberId} ${role}, generation ${generationId}`
    }
    case 'InitProducerId': {
      const { producerId = -1, producerEpoch } = response as InitProducerIdResponse
      return producerId < 0 ? '' : `producer id ${producerId}, epoch ${producerEpoch}`
    }
    default:
      return 'topics' in request || errorsIn(response).length > 0 ? '' : 'done'
  }
}

/** Codes of an answer that are not 0, with the topic and partition that each is of. */
export function errorsIn(response: unknown, nameOfId: NameOfId = () => undefined, place = ''): PlacedCode[] {
  const found: PlacedCode[] = []
  gatherErrors(response, nameOfId, place, found)
  return found
}

function gatherErrors(response: unknown, nameOfId: NameOfId, place: string, found: PlacedCode[]): void {
  if (typeof response !== 'object' || response === null || Buffer.isBuffer(response)) return
  if (Array.isArray(response)) {
    for (const each of response) gatherErrors(each, nameOfId, place, found)
    return
  }
  const fields = response as Record<string, unknown>
  const here = placeOf(fields, nameOfId, place)
  const code = fields.errorCode ?? fields.partitionErrorCode
  if (typeof code === 'number' && code !== 0) found.push({ code, place: here })
  for (const [name, each] of Object.entries(fields)) {
    // Records have none, and some lie in files.
    if (typeof each === 'object' && name !== 'records') gatherErrors(each, nameOfId, here, found)
  }
}

/** Codes with their places, in words. */
export function errorsInWords(errors: readonly PlacedCode[]): string {
  return list(errors.map(({ code, place }) => (place === '' ? codeName(code) : `${place}: ${codeName(code)}`)))
}

/** The producer id and epoch of the first batch of a request. */
export function producerIn({ topicData }: ProduceRequest): { id: number; epoch: number } | null {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records.length < 61 || magic(records, 0) < firstMagic) continue
      const id = producerId(records, 0)
      return id < 0 ? null : { id, epoch: producerEpoch(records, 0) }
    }
  }
  return null
}

function placeOf(fields: Record<string, unknown>, nameOfId: NameOfId, above: string): string {
  const index = fields.index ?? fields.partitionIndex ?? fields.partition
  if (typeof index === 'number') return above === '' ? `partition ${index}` : `${above}-${index}`
  const { groupId, transactionalId } = fields
  return topicOf(fields, nameOfId) ?? [groupId, transactionalId].find(each => typeof each === 'string') ?? above
}

function produceInWords(request: ProduceRequest, nameOfId: NameOfId): string {
  const parts = request.topicData.flatMap(topic =>
    topic.partitionData.map(
      ({ index, records }) => `${countOf(records)} to ${topicOf(topic, nameOfId) ?? '?'}-${index}`,
    ),
  )
  const acks = request.acks === -1 ? 'all' : request.acks
  const by = request.transactionalId === null ? '' : `, transactional id ${request.transactionalId}`
  const producer = producerIn(request)
  return `${list(parts)}, acks ${acks}${by}${producer === null ? '' : `, producer id ${producer.id} epoch ${producer.epoch}`}`
}

function countOf(records: Buffer | null): string {
  if (records === null) return 'nothing'
  let count = 0
  let whole = 0
  for (const at of batches(records)) {
    if (magic(records, at) < firstMagic || whole++ >= batchesMax) return `${records.length} bytes`
    count += recordCount(records, at)
  }
  return `${count} record${count === 1 ? '' : 's'}`
}

function fetchInWords(request: FetchRequest, about: About, nameOfId: NameOfId): string {
  const parts = request.topics.flatMap(topic =>
    topic.partitions.map(
      ({ partition, fetchOffset }) => `${topicOf(topic, nameOfId) ?? '?'}-${partition} from ${fetchOffset}`,
    ),
  )
  if (parts.length > 0) return `${list(parts)}, at most ${request.maxWaitMs} ms`
  const known = about.topics?.reduce((sum, { partitions }) => sum + (partitions?.length ?? 0), 0) ?? 0
  // Of a session that began before anybody looked it is not known how many it has.
  return `${known === 0 ? 'the' : known} partitions of session ${request.sessionId}, at most ${request.maxWaitMs} ms`
}

function fetchedInWords(response: FetchResponse, nameOfId: NameOfId): string {
  const parts = response.responses.flatMap(topic =>
    topic.partitions.flatMap(({ partitionIndex, records, errorCode }) => {
      const bytes = [records ?? []].flat().reduce((sum, chunk) => sum + chunk.length, 0)
      return errorCode !== 0 || bytes === 0
        ? []
        : [`${bytes} bytes of ${topicOf(topic, nameOfId) ?? '?'}-${partitionIndex}`]
    }),
  )
  return parts.length > 0 ? list(parts) : 'nothing new'
}

function commits({ topics }: OffsetCommitRequest, nameOfId: NameOfId): string {
  return list(
    topics.flatMap(topic =>
      topic.partitions.map(
        each => `${topicOf(topic, nameOfId) ?? '?'}-${each.partitionIndex} at ${each.committedOffset}`,
      ),
    ),
  )
}

/** Whatever a request names. */
function aboutInWords(request: object, { topics, groups, transactionalIds }: About): string {
  const { memberId, generationId } = request as { memberId?: unknown; generationId?: unknown }
  return [
    groups.length > 0 && `group ${list(groups)}`,
    typeof memberId === 'string' && memberId !== '' && `member ${memberId}`,
    typeof generationId === 'number' && generationId >= 0 && `generation ${generationId}`,
    transactionalIds.length > 0 && `transactional id ${list(transactionalIds)}`,
    topics === null && 'all topics',
    topics !== null &&
      topics.length > 0 &&
      list(topics.map(({ topic, partitions }) => (partitions === null ? topic : `${topic}-${partitions.join(',')}`))),
  ]
    .filter(text => text !== false)
    .join(', ')
}

function list(parts: readonly string[]): string {
  const some = parts.slice(0, namedMax).join(', ')
  return parts.length > namedMax ? `${some} and ${parts.length - namedMax} more` : some
}
