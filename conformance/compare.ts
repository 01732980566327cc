/** Answers of two brokers, made comparable: what two brokers may rightly say differently is replaced by a word. */
import { stringifyExact } from '../protocol/json-text.ts'
import { unknownTopicId } from './cases/case.ts'

/** Values that are each broker's own where there are any: null, the empty string, 0 and negative numbers still count. */
const own = new Set([
  'clusterId',
  'host',
  'port',
  'clientHost',
  'logDir',
  'totalBytes',
  'usableBytes',
  'sessionId',
  'finalizedFeaturesEpoch',
])

/** Sentences are each broker's own; whether there is one is not. */
const sentences = new Set(['errorMessage', 'batchIndexErrorMessage', 'documentation'])

/** Identities: the first one seen becomes `<topicId 1>` wherever it stands, and so on. */
const identities = new Set(['topicId', 'memberId', 'producerId'])
/** What was masked before. */
const isMask = /^<.*>$/
const nobody = new Set<unknown>(['', 'AAAAAAAAAAAAAAAAAAAAAA', unknownTopicId, -1])

/** Lists whose order means nothing, and what tells their elements apart. They are compared element by element of the same name. */
const unordered: Readonly<Record<string, readonly string[]>> = {
  topics: ['name', 'topicId'],
  topicPartitions: ['topicId'],
  apiKeys: ['apiKey'],
  supportedFeatures: ['name'],
  finalizedFeatures: ['name'],
  configs: ['name'],
  groups: ['groupId'],
  results: ['name', 'groupId', 'user'],
  members: ['memberId'],
  partitions: ['partitionIndex'],
  partitionResponses: ['index'],
  activeProducers: ['producerId'],
  markers: ['producerId'],
  resultsByTopicV3AndBelow: ['name'],
  resultsByTransaction: ['transactionalId'],
  topicResults: ['name'],
  resultsByPartition: ['partitionIndex'],
}

/** Lists whose order means nothing, and whose elements differ as a whole. */
const sets = new Set(['resources', 'acls', 'matchingAcls'])

/** Times of the broker's clock are as good as each other where both are there. */
const nowMsMin = 1_700_000_000_000

export type Plain = null | boolean | number | bigint | string | Plain[] | { [name: string]: Plain }

/** Replaces what is a broker's own, in all answers of one broker at once, since identities go through them. `run` is part of the names. */
export function comparable(answers: readonly unknown[], run: string): Plain[] {
  const seen = new Map<unknown, string>()
  for (const answer of answers) collectIdentities(answer, seen)
  return answers.map(answer => masked('', answer, seen, run))
}

function collectIdentities(value: unknown, seen: Map<unknown, string>): void {
  if (Array.isArray(value)) {
    for (const element of value) collectIdentities(element, seen)
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    const isOne = identities.has(name) && !nobody.has(member) && !(typeof member === 'string' && isMask.test(member))
    if (isOne && !seen.has(member)) {
      const count = [...seen.values()].filter(token => token.startsWith(`<${name} `)).length + 1
      seen.set(member, `<${name} ${count}>`)
    }
    collectIdentities(member, seen)
  }
}

function masked(name: string, value: unknown, seen: ReadonlyMap<unknown, string>, run: string): Plain {
  if (value === null || value === undefined) return null
  if (sentences.has(name) && value !== '') return `<${name}>`
  if (own.has(name) && value !== '' && !((value as number) <= 0)) return `<${name}>`
  if (Array.isArray(value)) {
    const list = value.map(element => masked('', element, seen, run))
    if (sets.has(name)) return sorted(list)
    const by = unordered[name]
    if (by === undefined) return list
    const named = list.map(element => [
      by.map(key => (isStruct(element) ? element[key] : element)).find(key => key !== undefined && key !== null),
      element,
    ])
    const whole = named.every(([key]) => key !== undefined) && new Set(named.map(([key]) => key)).size === list.length
    return whole ? Object.fromEntries(named.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))) : list
  }
  if (typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([member, each]) => [member.replaceAll(run, '<run>'), masked(member, each, seen, run)]),
    )
  }
  const identity = (typeof value === 'string' || identities.has(name)) && seen.get(value)
  if (identity) return identity
  if (typeof value === 'string') return value.replaceAll(run, '<run>')
  if ((typeof value === 'number' || typeof value === 'bigint') && /timestamp|TimeMs$/i.test(name) && value >= nowMsMin)
    return '<now>'
  // As it is once it was written as JSON and read again.
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : (value as Plain)
}

function sorted(list: readonly Plain[]): Plain[] {
  const texts = list.map(element => [stringifyExact(element), element] as const)
  return texts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, element]) => element)
}

/** One place where two answers differ. */
export interface Place {
  /** From the top of the answer: `topics.<name>.errorCode`, `members[0].clientId`. */
  readonly path: string
  readonly ours: Plain
  readonly theirs: Plain
}

/** Every place where two values differ. */
export function differences(ours: Plain, theirs: Plain, path = ''): Place[] {
  if (Object.is(ours, theirs)) return []
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const [a, b] = [ours.length, theirs.length]
    const places = a === b ? [] : [{ path: `${path}.length`, ours: a, theirs: b }]
    const both = ours.slice(0, b)
    return [...places, ...both.flatMap((each, i) => differences(each, theirs[i]!, `${path}[${i}]`))]
  }
  if (isStruct(ours) && isStruct(theirs)) {
    const names = new Set([...Object.keys(ours), ...Object.keys(theirs)])
    return [...names].flatMap(name =>
      differences(ours[name] ?? null, theirs[name] ?? null, path === '' ? name : `${path}.${name}`),
    )
  }
  return [{ path, ours, theirs }]
}

function isStruct(value: Plain): value is { [name: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
