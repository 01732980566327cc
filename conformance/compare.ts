/** Answers of two brokers, made comparable: what two brokers may rightly say differently is replaced by a word. */
import { unknownTopicId } from './cases/case.ts'

/** Values that are each broker's own. Null and its absence still differ. */
const own = new Set([
  'clusterId',
  'host',
  'port',
  'clientHost',
  'throttleTimeMs',
  'logDir',
  'totalBytes',
  'usableBytes',
  'partitionSize',
  'sessionId',
  'finalizedFeaturesEpoch',
])

/** Sentences are each broker's own, and so is whether an error comes with one. */
const sentences = new Set(['errorMessage', 'batchIndexErrorMessage', 'documentation'])

/** Identities: the first one seen becomes `<topicId 1>` wherever it stands, and so on. */
const identities = new Set(['topicId', 'memberId', 'producerId'])
const nobody = new Set<unknown>(['', 'AAAAAAAAAAAAAAAAAAAAAA', unknownTopicId, -1])

/** Lists whose order means nothing, and what tells their elements apart. They are compared element by element of the same name. */
const unordered: Readonly<Record<string, readonly string[]>> = {
  topics: ['name', 'topicId'],
  apiKeys: ['apiKey'],
  supportedFeatures: ['name'],
  finalizedFeatures: ['name'],
  configs: ['name'],
  groups: ['groupId'],
  results: ['name', 'groupId'],
  members: ['memberId'],
  partitions: ['partitionIndex'],
  partitionResponses: ['index'],
}

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
    if (identities.has(name) && !nobody.has(member) && !seen.has(member)) {
      const count = [...seen.values()].filter(token => token.startsWith(`<${name} `)).length + 1
      seen.set(member, `<${name} ${count}>`)
    }
    collectIdentities(member, seen)
  }
}

function masked(name: string, value: unknown, seen: ReadonlyMap<unknown, string>, run: string): Plain {
  if (sentences.has(name)) return `<${name}>`
  if (value === null || value === undefined) return null
  if (own.has(name)) return `<${name}>`
  if (Array.isArray(value)) {
    const list = value.map(element => masked('', element, seen, run))
    const by = unordered[name]
    if (by === undefined) return list
    const named = list.map(element => [
      by.map(key => (isStruct(element) ? element[key] : element)).find(key => key !== undefined && key !== null),
      element,
    ])
    const whole = named.every(([key]) => key !== undefined) && new Set(named.map(([key]) => key)).size === list.length
    return whole ? Object.fromEntries(named) : list
  }
  if (typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, masked(member, each, seen, run)]))
  }
  const identity = (typeof value === 'string' || identities.has(name)) && seen.get(value)
  if (identity) return identity
  if (typeof value === 'string') return value.replaceAll(run, '<run>')
  if ((typeof value === 'number' || typeof value === 'bigint') && /timestamp|TimeMs$/i.test(name) && value >= nowMsMin)
    return '<now>'
  return value as Plain
}

function exact(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** Where two values differ: one line for each place. */
export function differences(a: Plain, b: Plain, path = ''): string[] {
  if (Object.is(a, b)) return []
  // A newer broker has configs that an older one does not know.
  if (b === null && /(^|\.)configs\.[^[\]]+$/.test(path) && isStruct(a)) return []
  if (Array.isArray(a) && Array.isArray(b)) {
    const lines = a.length === b.length ? [] : [`${path}.length: ${a.length} against ${b.length}`]
    for (let i = 0; i < Math.min(a.length, b.length); i++) lines.push(...differences(a[i]!, b[i]!, `${path}[${i}]`))
    return lines
  }
  if (isStruct(a) && isStruct(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...names].flatMap(name =>
      differences(a[name] ?? null, b[name] ?? null, path === '' ? name : `${path}.${name}`),
    )
  }
  return [`${path}: ${JSON.stringify(a, exact)} against ${JSON.stringify(b, exact)}`]
}

function isStruct(value: Plain): value is { [name: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
