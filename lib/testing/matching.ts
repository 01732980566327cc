/** Which requests a test means: by API, client, and what they are about. */
import { types } from 'node:util'
import type { NamesOf } from '../base/names.ts'
import type { About, AboutTopic } from '../trace/about.ts'
import { checkKind, checkWhole } from './given.ts'
import { nearestNames } from './nearest.ts'
import type { RequestMatch } from './options.ts'

export const matchNames: NamesOf<RequestMatch> = {
  ...{ api: true, version: true, clientId: true, group: true, topic: true, partition: true, transactionalId: true },
}

/** Throws RangeError or TypeError for a match that no request can have. */
export function checkMatch(match: RequestMatch, apis: readonly string[]): void {
  const { api, version, partition } = match
  if (Array.isArray(api) && api.length === 0) throw new RangeError('api is an empty list')
  for (const name of [api ?? []].flat()) {
    if (!apis.includes(name)) throw new RangeError(`there is no API '${name}'; ${nearestNames(String(name), apis)}`)
  }
  const versions = [version ?? []].flat()
  for (const each of versions) checkWhole('version', each, 0)
  const [min, max, more] = versions
  if (Array.isArray(version) && (min === undefined || max === undefined || more !== undefined || min > max))
    throw new RangeError(`version is [${versions}]; it takes one, or the lowest and highest`)
  checkWhole('partition', partition, 0)
  for (const name of ['clientId', 'group', 'topic', 'transactionalId'] as const) {
    const wanted: unknown = match[name]
    // A pattern may come of another context, as in Jest.
    if (!types.isRegExp(wanted)) checkKind(name, wanted, 'string', 'text or a pattern')
  }
}

/** A request, as far as it matters here. */
export interface Matched {
  readonly api: string
  readonly apiVersion: number
  readonly clientId: string | null
}

/** Which topics of a request are meant: null for all of the request. */
export type Taken = readonly AboutTopic[] | null

/** Whether a request fits, with the topics that are meant, or why it does not and how much of it does. */
export type Fit = { readonly miss: null; readonly taken: Taken } | { readonly miss: string; readonly fits: number }

/** Another request to the same API is nearer than one that has all else in common. */
const apiWeight = 10

/** See `Fit`. */
export function fitOf(match: RequestMatch, request: Matched, about: About): Fit {
  const { api, apiVersion, clientId } = request
  const apis = [match.api ?? []].flat()
  const [min = 0, max = min] = [match.version ?? []].flat()
  let fits = 0
  let miss = ''
  const check = (isGiven: boolean, does: () => boolean, why: () => string, weight = 1) => {
    if (!isGiven) return
    if (does()) fits += weight
    else miss ||= why()
  }
  const checkNames = (what: string, wanted: string | RegExp | undefined, there: readonly string[] | undefined) =>
    check(
      wanted !== undefined,
      () => there === undefined || there.some(each => isLike(each, wanted!)),
      () => namesOther(what, there!),
    )
  check(
    match.api !== undefined,
    () => apis.includes(api),
    () => `it is no ${apis.join(' or ')}`,
    apiWeight,
  )
  check(
    match.version !== undefined,
    () => apiVersion >= min && apiVersion <= max,
    () => `its version is ${apiVersion}`,
  )
  check(
    match.clientId !== undefined,
    () => isLike(clientId ?? '', match.clientId!),
    () => `its client id is '${clientId ?? ''}'`,
  )
  checkNames('group', match.group, about.groups)
  checkNames('transactional id', match.transactionalId, about.transactionalIds)
  checkNames(
    'topic',
    match.topic,
    about.topics?.map(({ topic }) => topic),
  )
  const taken = takenOf(match, about)
  check(
    match.partition !== undefined,
    () => taken === null || taken.length > 0,
    () =>
      namesOther(
        'partition',
        ofTopic(match, about)
          ?.flatMap(({ partitions }) => partitions ?? [])
          .map(String) ?? [],
      ),
  )
  if (miss === '') return { miss: null, taken }
  const by = clientId === null ? '' : ` of '${clientId}'`
  return { miss: `${api} version ${apiVersion}${by}: ${miss}`, fits }
}

function ofTopic({ topic: wanted }: RequestMatch, { topics }: About): readonly AboutTopic[] | undefined {
  return topics?.filter(({ topic }) => wanted === undefined || isLike(topic, wanted))
}

function takenOf(match: RequestMatch, about: About): Taken {
  const { topic, partition } = match
  if (topic === undefined && partition === undefined) return null
  const found = ofTopic(match, about)
  // A request about all topics.
  if (found === undefined) {
    return typeof topic === 'string' ? [{ topic, partitions: partition === undefined ? null : [partition] }] : null
  }
  if (partition === undefined) return found
  return found
    .filter(({ partitions }) => partitions === null || partitions.includes(partition))
    .map(each => ({ topic: each.topic, partitions: [partition] }))
}

function isLike(text: string, wanted: string | RegExp): boolean {
  if (typeof wanted === 'string') return text === wanted
  // A pattern with the flag g begins where it last ended.
  wanted.lastIndex = 0
  return wanted.test(text)
}

function namesOther(what: string, there: readonly string[]): string {
  if (there.length === 0) return `it names no ${what}`
  const some = there.slice(0, 5).map(each => `'${each}'`)
  return `its ${what} is ${some.join(', ')}`
}
