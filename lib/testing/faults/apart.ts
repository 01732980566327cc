/** Takes topics and partitions out of requests, and puts their refusals into answers: so that one of several fails by itself. */
import type { AboutTopic } from '../../trace/about.ts'
import {
  type Fields,
  indexOf,
  partitionsOf,
  type Shape,
  type TopicList,
  topicLists,
  topicOf,
} from '../../trace/shapes.ts'

type NameOfId = (topicId: string) => string | undefined

/** Takes what a fault takes out of a request; gives a request for that alone, or null where nothing was there. */
export function takenOut(
  request: Fields,
  { request: list }: Shape,
  taken: readonly AboutTopic[],
  nameOfId: NameOfId,
): Fields | null {
  const entries = request[list.field] as unknown[]
  const out: unknown[] = []
  const left = entries.filter(entry => {
    const topic = topicOf(entry, nameOfId)
    const fault = taken.find(each => each.topic === topic)
    if (fault === undefined) return true
    const partitions = partitionsOf(entry, list)
    if (partitions === null || fault.partitions === null) {
      out.push(entry)
      return false
    }
    const isTaken = (each: unknown) => fault.partitions!.includes(indexOf(each, list))
    const gone = partitions.filter(isTaken)
    if (gone.length === 0) return true
    out.push({ ...(entry as Fields), [list.partitions!]: gone })
    if (gone.length === partitions.length) return false
    ;(entry as Fields)[list.partitions!] = partitions.filter(each => !isTaken(each))
    return true
  })
  if (out.length === 0) return null
  request[list.field] = left
  return { ...request, [list.field]: out }
}

/** Whether a request names anything any more. */
export function isEmpty(request: Fields, { request: list }: Shape): boolean {
  return (request[list.field] as unknown[]).length === 0
}

/** Puts the answer to what was taken out into the answer to the rest. */
export function putInto(response: Fields, refusal: Fields, { response: list }: Shape): void {
  const entries = [...(response[list.field] as unknown[])]
  for (const refused of refusal[list.field] as Fields[]) {
    const there =
      list.partitions === null ? undefined : (entries as Fields[]).find(entry => isSameTopic(entry, refused))
    if (there === undefined) entries.push(refused)
    else there[list.partitions!] = [...partitionsOf(there, list)!, ...partitionsOf(refused, list)!]
  }
  response[list.field] = entries
}

/** Has an answer say that what a fault takes failed; for APIs that only read. */
export function failIn(
  response: Fields,
  shape: Shape,
  taken: readonly AboutTopic[] | null,
  code: number,
  version: Version,
): void {
  const lists = topicLists(response, shape.response)
  for (const entries of lists) {
    for (const entry of entries as Fields[]) {
      const topic = topicOf(entry, version.nameOfId)
      const fault = taken === null ? { partitions: null } : taken.find(each => each.topic === topic)
      if (fault !== undefined) failTopic(entry, shape, fault.partitions, code)
    }
  }
  // An answer within a session of Fetch leaves out what has no news.
  const [entries] = lists
  if (taken === null || entries === undefined || shape.failedTopic !== undefined || shape.response.within !== undefined)
    return
  const added = taken.flatMap(({ topic, partitions }) =>
    missing(entries as Fields[], shape.response, topic, partitions ?? [], version),
  )
  for (const [entry, index] of added)
    partitionsOf(entry, shape.response)!.push({ ...shape.failed, [shape.response.index!]: index, errorCode: code })
}

/** How topics are named at this version of the request. */
export interface Version {
  readonly nameOfId: NameOfId
  /** The id of a topic where ids stand for names; null where they do not. */
  readonly idOfName: ((topic: string) => string | undefined) | null
}

function failTopic(
  entry: Fields,
  { response: list, failed, failedTopic }: Shape,
  partitions: readonly number[] | null,
  code: number,
): void {
  if (partitions === null && failedTopic !== undefined) {
    Object.assign(entry, failedTopic, { errorCode: code })
    return
  }
  for (const partition of partitionsOf(entry, list)!) {
    if (partitions !== null && !partitions.includes(indexOf(partition, list))) continue
    Object.assign(partition as Fields, failed, { errorCode: code })
  }
}

/** The partitions that an answer does not have, with the entries of their topics, which are added. */
function missing(
  entries: Fields[],
  list: TopicList,
  topic: string,
  partitions: readonly number[],
  { nameOfId, idOfName }: Version,
): [Fields, number][] {
  let entry = entries.find(each => topicOf(each, nameOfId) === topic)
  const there = entry === undefined ? [] : partitionsOf(entry, list)!.map(each => indexOf(each, list))
  const absent = partitions.filter(index => !there.includes(index))
  if (absent.length === 0) return []
  if (entry === undefined) {
    const topicId = idOfName?.(topic)
    if (idOfName !== null && topicId === undefined) return []
    entry = {
      ...(topicId === undefined ? { topic, name: topic } : { topicId, topic: '', name: '' }),
      [list.partitions!]: [],
    }
    entries.push(entry)
  }
  const added = entry
  return absent.map(index => [added, index])
}

function isSameTopic(a: Fields, b: Fields): boolean {
  return (a.name ?? a.topic) === (b.name ?? b.topic) && a.topicId === b.topicId
}
