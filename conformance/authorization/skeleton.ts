/** What an answer says of rights: its error codes, what it names, and what it says is allowed. All else is left to the driver. */
import { codeName } from '../../protocol/errors.ts'
import { unknownTopicId } from '../cases/case.ts'
import { anotherUnknownId } from './questions/question.ts'

/** Part of an answer; undefined where nothing in it counts. */
export type Skeleton = string | number | readonly Skeleton[] | { readonly [name: string]: Skeleton } | undefined

/** What resources are called in answers. */
const namings = new Set([
  ...['name', 'topic', 'topicName', 'topicId', 'groupId', 'transactionalId', 'resourceName', 'key', 'user'],
])
const unknown = new Set<string>([unknownTopicId, anotherUnknownId])
/** What each broker has of its own, and nothing says of rights. */
const own = new Set(['finalizedFeatures', 'supportedFeatures', 'listeners'])
const notAsked = -2_147_483_648
/** A list of names that is longer, such as that of all properties, is counted. */
const namesMax = 12
const nothing = new Set<unknown>(['', 'AAAAAAAAAAAAAAAAAAAAAA', null])

/** `ids` gives names for ids of topics, which are each broker's own. */
export function skeletonOf(answer: unknown, ids: ReadonlyMap<string, string>): Skeleton {
  return partOf('', answer, ids)
}

function partOf(field: string, value: unknown, ids: ReadonlyMap<string, string>): Skeleton {
  if (own.has(field)) return undefined
  if (Array.isArray(value)) return listOf(field, value, ids)
  if (typeof value === 'object' && value !== null) return structOf(value, ids)
  if (/errorCode$/i.test(field)) return value === 0 ? undefined : codeName(value as number)
  if (/authorizedOperations$/i.test(field)) return value === notAsked ? undefined : (value as number)
  if (!namings.has(field) || nothing.has(value)) return undefined
  if (field === 'topicId')
    return ids.get(value as string) ?? (unknown.has(value as string) ? (value as string) : '<another>')
  return value as string
}

function structOf(value: object, ids: ReadonlyMap<string, string>): Skeleton {
  const parts = Object.entries(value)
    .map(([name, member]) => [name, partOf(name, member, ids)] as const)
    .filter(([, part]) => part !== undefined)
  return parts.length === 0 ? undefined : Object.fromEntries(parts)
}

/** In no order, as brokers have none; elements that say nothing are counted. */
function listOf(field: string, list: readonly unknown[], ids: ReadonlyMap<string, string>): Skeleton {
  if (list.length === 0 || (typeof list[0] !== 'object' && !namings.has(field))) return undefined
  const parts = list.map(element => partOf(field, element, ids))
  if (parts.length > namesMax) return 'many'
  const telling = parts.filter(part => part !== undefined)
  if (telling.length === 0) return parts.length
  return telling
    .map(part => [JSON.stringify(part), part] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, part]) => part)
}
