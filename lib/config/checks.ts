/** What is allowed where bounds and lists of words cannot say it: each answers null for a good value, else what would be one. */

import { members } from './java-text.ts'

/** -1 for the codec's default, or 1 to 9. */
export function gzipLevel(value: string): string | null {
  return /^(-1|[1-9])$/.test(value) ? null : '-1 or a number from 1 to 9'
}

/** At least one character. */
export function notEmpty(value: string): string | null {
  return value.length > 0 ? null : 'a text that is not empty'
}

/** '*' for all, nothing, or partition:broker pairs. */
export function throttledReplicas(value: string): string | null {
  return value === '*' || members(value).every(member => /^([0-9]+:[0-9]+)?$/.test(member))
    ? null
    : "'*', or pairs of partition and broker such as 0:1,1:2"
}

/** What does not begin as the names of the brokers' own topics do. */
export function noInternalTopic(value: string): string | null {
  return value.startsWith('__') ? 'a name that does not begin with __' : null
}

/** Where a share group begins (KIP-932). */
export function shareOffsetReset(value: string): string | null {
  if (value === 'latest' || value === 'earliest') return null
  const seconds = value.startsWith('by_duration:') ? durationSeconds(value.slice('by_duration:'.length)) : null
  return seconds !== null && seconds >= 0 ? null : 'latest, earliest or by_duration: with a duration such as PT1H'
}

const durationForm =
  /^([+-]?)P(?:([+-]?\d+)D)?(?:T(?=[+-]?\d)(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:[.,]\d{0,9})?)S)?)?$/i

/** A duration of ISO 8601 in days and smaller units, of which each may have a sign; null where the text is none. */
function durationSeconds(text: string): number | null {
  const parts = durationForm.exec(text)
  const units = parts?.slice(2).map(part => (part === undefined ? null : Number(part.replace(',', '.'))))
  if (!units || units.every(unit => unit === null)) return null
  const [days, hours, minutes, seconds] = units.map(unit => unit ?? 0) as [number, number, number, number]
  return (parts![1] === '-' ? -1 : 1) * (days * 86_400 + hours * 3600 + minutes * 60 + seconds)
}

/** Addresses with a number each; the last colon counts, as IPv6 addresses have colons of their own. */
export function connectionOverrides(value: string): string | null {
  return members(value).every(
    member => member === '' || (/^[\w.:%-]*\s*:\s*[+-]?\d{1,10}$/.test(member) && isInt32(member)),
  )
    ? null
    : 'pairs of address and number such as 10.0.0.1:200,db.example.com:50'
}

function isInt32(override: string): boolean {
  const value = Number(override.slice(override.lastIndexOf(':') + 1))
  return value === (value | 0)
}

/** The ids of the codecs of records. */
export function codecId(value: string): string | null {
  return /^[0-4]$/.test(value) ? null : 'the id of a codec, from 0 for none to 4 for zstd'
}

/** The package of Kafka's own assignors. */
export const assignorPackage = 'org.apache.kafka.coordinator.group'

/** Keys of which each may be there once. */
export function noRepeats(value: string): string | null {
  const all = members(value)
  return new Set(all).size === all.length ? null : 'each member once'
}

/** Assignors of this broker, or the names of their classes in Kafka; others would be Java classes. */
export function assignors(...names: readonly string[]): (value: string) => string | null {
  return value => (members(value).every(member => names.includes(member)) ? null : `${names.join(', ')}`)
}

/** Where controllers listen. */
export function quorumServers(value: string): string | null {
  return members(value).every(member => addressForm.test(member)) ? null : 'addresses such as host1:9093,host2:9093'
}

/** Controllers by their ids, and where they listen. */
export function quorumVoters(value: string): string | null {
  return members(value).every(
    member => /^\d+@(?=[^:])/.test(member) && addressForm.test(member.slice(member.indexOf('@') + 1)),
  )
    ? null
    : 'ids and addresses such as 1@host1:9093,2@host2:9093'
}

const addressForm = /^.*:(\d{1,5})$/

/** Kafka's classes for rules that the cluster keeps: the present one, and that from when ZooKeeper kept them. */
const authorizerClasses: readonly string[] = [
  'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'kafka.security.authorizer.AclAuthorizer',
]

/** No class at all, or one of Kafka's own. */
export function authorizerClass(name: string): string | null {
  return name.trim() === '' || authorizerClasses.includes(name.trim())
    ? null
    : `empty, or ${authorizerClasses.join(' or ')}`
}
