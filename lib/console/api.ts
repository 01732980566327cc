/** The JSON interface of the console: which path asks what of the cluster. Names in paths are percent-encoded; what writes takes a JSON object. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import { alterConfigs, type ConfigResource } from '../admin/configs.ts'
import { deleteGroups } from '../admin/groups.ts'
import { deleteRecords } from '../admin/offsets.ts'
import { createPartitions, createTopics, deleteTopics, type TopicResult } from '../admin/topics.ts'
import { forceTerminateTransaction } from '../admin/transactions.ts'
import type { HttpAnswer, HttpRequest } from '../http/routes.ts'
import type { GroupEventRow, Listed, TraceAnswer } from './answers.ts'
import {
  bodyOf,
  fieldsOf,
  listOf,
  numberIn,
  pageIn,
  partitionsIn,
  recordOf,
  textOf,
  textsOf,
  wholeOf,
} from './asked.ts'
import { brokerRows, replicationAnswer } from './brokers.ts'
import { clusterAnswer } from './cluster.ts'
import { configRows, resourceTypes } from './configs.ts'
import { filterOf } from './filter.ts'
import { groupAnswer, groupRows, type Reset, type ResetTo, readersOf, resetOffsets } from './groups.ts'
import { produce } from './producing.ts'
import { recordAlone, recordPart } from './record-alone.ts'
import { type RecordsQuery, readRecords } from './records.ts'
import { topicAnswer, topicRows } from './topics.ts'
import { traceAnswer } from './trace.ts'
import { transactionAnswer, transactionRows } from './transactions.ts'
import type { Visit } from './visits.ts'

/** A request for one row of the table, by whom it comes, and the names in its path. */
export interface Asked {
  readonly request: HttpRequest
  readonly query: URLSearchParams
  readonly visit: Visit
  readonly names: readonly string[]
  /** What happened to groups, the newest first. */
  readonly groupEvents: (groupId: string) => readonly GroupEventRow[]
  /** Requests and answers after the line of this number. */
  readonly trace: (since: number) => TraceAnswer
}

type Row = (asked: Asked) => unknown

/** `:` stands for a name. Each row answers with what is sent as JSON, or with an answer of its own. */
const rows: Readonly<Record<string, Row>> = {
  'GET cluster': ({ visit, request }) => clusterAnswer(visit, request),
  'GET brokers': ({ visit }) => brokerRows(visit.admin, visit.topics, visit.directories),
  'GET replication': ({ visit, query }) => replicationAnswer(visit.admin, visit.topics, pageIn(query)),

  'GET trace': ({ visit, request, trace }) => traceAnswer(visit, request, trace),

  'GET topics': ({ visit, query }) =>
    topicRows(visit.admin, visit.topics, {
      ...pageIn(query),
      filter: query.get('filter') ?? '',
      internal: query.get('internal') === '1',
      sort: query.get('sort') ?? '',
    }),
  'POST topics': createTopic,
  'GET topics/:': ({ visit, query, names: [topic] }) => topicAnswer(visit.admin, topic!, pageIn(query)),
  'DELETE topics/:': async ({ visit, names: [topic] }) => {
    refuse(await deleteTopics(visit.admin, [topic!]))
    visit.topics.forget()
    return {}
  },
  'POST topics/:/partitions': async ({ visit, request, names: [topic] }) => {
    const count = wholeOf(bodyOf(request), 'count', 0)
    refuse(await createPartitions(visit.admin, { [topic!]: { count } }))
    visit.topics.forget()
    return {}
  },
  'GET topics/:/groups': ({ visit, names: [topic] }) => readersOf(visit.admin, topic!),
  'GET topics/:/records': ({ visit, query, names: [topic] }) => readRecords(visit.admin, recordsQuery(topic!, query)),
  'POST topics/:/records': async ({ visit, request, names: [topic] }) =>
    produce(visit.admin, topic!, recordOf(bodyOf(request), visit.admin.clock.now())),
  'DELETE topics/:/records': emptyTopic,
  'GET topics/:/partitions/:/records/:': ({ visit, names: [topic, partition, offset] }) =>
    recordAlone(visit.admin, topic!, numberOf(partition!), numberOf(offset!)),
  'GET topics/:/partitions/:/records/:/:': async ({ visit, query, names: [topic, partition, offset, part] }) => {
    const header = numberIn(query, 'index', 0)
    const body = await recordPart(visit.admin, topic!, numberOf(partition!), numberOf(offset!), part!, header)
    const name = `${topic}-${partition}-${offset}-${part}`
    return download(body, `${name}.bin`)
  },

  'GET configs/:/:': ({ visit, names }) => configRows(visit.admin, resourceOf(names)),
  'POST configs/:/:': async ({ visit, request, names }) => {
    const changes = listOf(bodyOf(request), 'changes').map(change => {
      const each = fieldsOf(change, 'a change')
      return { name: textOf(each, 'name'), value: (each.value ?? null) === null ? null : textOf(each, 'value') }
    })
    await alterConfigs(visit.admin, resourceOf(names), changes)
    return {}
  },

  'GET groups': ({ visit, query }) => groupRows(visit.admin, { ...pageIn(query), filter: query.get('filter') ?? '' }),
  'GET groups/:': ({ visit, query, names: [group] }) => groupAnswer(visit.admin, group!, pageIn(query)),
  'DELETE groups/:': async ({ visit, names: [group] }) => {
    const [result] = await deleteGroups(visit.admin, [group!])
    if (result !== undefined && result.errorCode !== 0) throw new KafkaError(result.errorCode)
    return {}
  },
  'GET groups/:/events': async ({ visit, groupEvents, names: [group] }): Promise<Listed<GroupEventRow>> => {
    // Who may not describe the group does not hear of it either.
    await visit.admin.coordinatorId('group', group!)
    await groupAnswer(visit.admin, group!, { from: 0, limit: 1 })
    const events = groupEvents(group!)
    return { total: events.length, matching: events.length, rows: events }
  },
  'POST groups/:/offsets': ({ visit, request, names: [group] }) =>
    resetOffsets(visit.admin, group!, resetOf(bodyOf(request))),

  'GET transactions': ({ visit, query }) =>
    transactionRows(visit.admin, { ...pageIn(query), filter: query.get('filter') ?? '' }),
  'GET transactions/:': ({ visit, names: [id] }) => transactionAnswer(visit.admin, id!),
  'POST transactions/:/abort': async ({ visit, names: [id] }) => {
    await forceTerminateTransaction(visit.admin, id!)
    return {}
  },
}

const patterns = Object.entries(rows).map(([key, row]) => {
  const [method, path] = key.split(' ') as [string, string]
  return { method, segments: path.split('/'), row }
})

/** The row that a path below `/api/` asks for, with the names in it; null where there is none. */
export function rowFor(method: string, path: string): { row: Row; names: string[] } | null {
  const segments = path.split('/')
  const asked = method === 'HEAD' ? 'GET' : method
  for (const each of patterns) {
    if (each.method !== asked || each.segments.length !== segments.length) continue
    if (!each.segments.every((segment, index) => segment === ':' || segment === segments[index])) continue
    const names = segments.filter((_, index) => each.segments[index] === ':').map(decoded)
    return { row: each.row, names }
  }
  return null
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw new RangeError('a name in the path is not percent-encoded as it should be')
  }
}

function numberOf(name: string): number {
  if (!/^\d{1,16}$/.test(name) || !Number.isSafeInteger(Number(name)))
    throw new RangeError(`'${name.slice(0, 40)}' is no partition or offset`)
  return Number(name)
}

function refuse([result]: readonly TopicResult[]): void {
  if (result !== undefined && result.errorCode !== 0)
    throw new KafkaError(result.errorCode, result.errorMessage ?? undefined)
}

async function createTopic({ visit, request }: Asked): Promise<unknown> {
  const fields = bodyOf(request)
  const topic = {
    name: textOf(fields, 'name'),
    partitions: wholeOf(fields, 'partitions', -1),
    replicationFactor: wholeOf(fields, 'replicationFactor', -1),
    configs: textsOf(fields, 'configs'),
  }
  refuse(await createTopics(visit.admin, [topic]))
  visit.topics.forget()
  return { name: topic.name }
}

/** All that a topic holds now goes. */
async function emptyTopic({ visit, names: [topic] }: Asked): Promise<unknown> {
  const { partitions } = await topicAnswer(visit.admin, topic!, { from: 0, limit: Number.MAX_SAFE_INTEGER })
  const before = partitions.rows.map(({ index }) => ({ topic: topic!, partition: index, offset: -1 }))
  for (const { errorCode } of await deleteRecords(visit.admin, before))
    if (errorCode !== 0) throw new KafkaError(errorCode)
  return {}
}

function resourceOf([type, name]: readonly string[]): ConfigResource {
  const known = resourceTypes.find(each => each === type)
  if (known === undefined) throw new RangeError(`settings are those of ${resourceTypes.join(', ')}`)
  if (known === 'broker') numberOf(name!)
  return { type: known, name: name! }
}

const recordsLimitMax = 500
const waitMsMax = 8_000

function recordsQuery(topic: string, query: URLSearchParams): RecordsQuery {
  const direction = query.get('order') === 'oldest' ? 'newer' : 'older'
  const [kind, at = ''] = (query.get('start') ?? '').split(':', 2)
  const number = numberOf(at === '' ? '0' : at)
  const start =
    kind === 'offset' ? { offset: number } : kind === 'time' ? { timeMs: number } : kind === 'end' ? 'newest' : null
  return {
    ...{ topic, direction, partitions: partitionsIn(query.get('partitions')), filter: filterOf(query) },
    start: start ?? (direction === 'older' ? 'newest' : 'oldest'),
    cursor: query.get('cursor'),
    limit: Math.max(1, numberIn(query, 'limit', 50, recordsLimitMax)),
    committedOnly: query.get('committed') === '1',
    waitMs: numberIn(query, 'wait', 0, waitMsMax),
  }
}

function resetOf(fields: Readonly<Record<string, unknown>>): Reset {
  const to = textOf(fields, 'to')
  const partitions = fields.partitions === undefined || fields.partitions === null ? null : listOf(fields, 'partitions')
  let reset: ResetTo
  if (to === 'earliest' || to === 'latest') reset = { to }
  else if (to === 'time' || to === 'offset' || to === 'shift') reset = { to, value: wholeOf(fields, 'value', 0) }
  else throw new RangeError('to is earliest, latest, time, offset or shift')
  return {
    topic: textOf(fields, 'topic'),
    partitions: partitions?.map(each => wholeOf({ each }, 'each', -1)) ?? null,
    reset,
    apply: fields.apply === true,
  }
}

/** Bytes that a browser saves and never shows. */
function download(body: Buffer, name: string): HttpAnswer {
  const safe = name.replace(/[^\w.-]/g, '_')
  const headers = { 'content-disposition': `attachment; filename="${safe}"` }
  return { status: 200, body, contentType: 'application/octet-stream', headers }
}

/** What a row has answered with, as it is sent. */
export function answerOf(value: unknown): HttpAnswer {
  const own = value as HttpAnswer
  return own !== null && typeof own === 'object' && 'status' in own && 'contentType' in own
    ? own
    : { status: 200, body: value }
}

/** Codes that tell of who asks, or of what is not there; all others are conflicts with what is. */
const statuses = new Map<number, number>([
  ...[codes.TOPIC_AUTHORIZATION_FAILED, codes.GROUP_AUTHORIZATION_FAILED, codes.CLUSTER_AUTHORIZATION_FAILED].map(
    code => [code, 403] as const,
  ),
  [codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 403],
  ...[codes.UNKNOWN_TOPIC_OR_PARTITION, codes.GROUP_ID_NOT_FOUND, codes.TRANSACTIONAL_ID_NOT_FOUND].map(
    code => [code, 404] as const,
  ),
])

/** The status of an error of Kafka's. */
export function statusOf(code: number): number {
  return statuses.get(code) ?? 409
}
