/** What `kafka-configs` says and does about quotas of users, clients and addresses. */
import type { Admin } from '../../admin/admin.ts'
import type { ConfigChange } from '../../admin/configs.ts'
import {
  alterQuotas,
  type DescribedQuota,
  describeQuotas,
  type QuotaEntityType,
  type QuotaQuestion,
} from '../../admin/quotas.ts'
import { isScramMechanism } from '../../security/scram-mechanisms.ts'
import type { Io } from '../io.ts'
import { asDouble } from './doubles.ts'
import type { entityOptions } from './entities.ts'
import type { Given } from './tool.ts'
import { ToolUsageError } from './tool-usage-error.ts'

type EntityOption = keyof typeof entityOptions

/** By the names that Kafka's tool has for them: the type, and what one is called. */
const kinds = {
  users: { type: 'user', singular: 'user', title: 'user-principal' },
  clients: { type: 'client-id', singular: 'client', title: 'client-id' },
  ips: { type: 'ip', singular: 'ip', title: 'ip' },
} as const satisfies Record<string, { type: QuotaEntityType; singular: string; title: string }>
type Kind = keyof typeof kinds

const ofClients = ['consumer_byte_rate', 'controller_mutation_rate', 'producer_byte_rate', 'request_percentage']
const ofAddresses = ['connection_creation_rate']

/** Short options: of which kind, and whether the default is meant. */
const shortcuts: readonly (readonly [EntityOption, Kind, boolean])[] = [
  ['user', 'users', false],
  ['user-defaults', 'users', true],
  ['client', 'clients', false],
  ['client-defaults', 'clients', true],
  ['ip', 'ips', false],
  ['ip-defaults', 'ips', true],
]

/** Whose quotas are meant, by kind; an undefined name is none, and null the default. */
export type QuotaTarget = readonly (readonly [Kind, string | null | undefined])[]

function unusable(sentence: string): ToolUsageError {
  return new ToolUsageError(sentence, { showHelp: false })
}

/** Null where a command line is about something that has no quotas. Throws ToolUsageError. */
export function quotaTargetOf<Name extends string>(
  given: Given<Name | EntityOption>,
  argv: readonly string[],
): QuotaTarget | null {
  const short = shortcuts.filter(([option]) => given.has(option))
  const types = given.all('entity-type')
  if (short.length > 0 && (types.length > 0 || given.has('entity-name') || given.has('entity-default')))
    throw unusable('--entity-{type,name,default} should not be used in conjunction with specific entity flags')
  if (short.length > 0) return checked(short.map(([option, kind, all]) => [kind, all ? null : given.one(option)!]))
  if (types.length === 0 || !types.every(type => Object.hasOwn(kinds, type))) return null
  const names = namesIn(argv)
  return checked((types as readonly Kind[]).map((type, at) => [type, names[at]]))
}

/** In the order in which they stand, as each belongs to a type. */
function namesIn(argv: readonly string[]): (string | null)[] {
  return argv.flatMap((word, at) => {
    if (word === '--entity-default') return [null]
    if (word === '--entity-name') return [argv[at + 1] ?? '']
    return word.startsWith('--entity-name=') ? [word.slice('--entity-name='.length)] : []
  })
}

function checked(target: (readonly [Kind, string | null | undefined])[]): QuotaTarget {
  const isOfClients = target.every(([kind]) => kind !== 'ips')
  if (target.length > 1 && !isOfClients)
    throw unusable("Only 'users' and 'clients' entity types may be specified together")
  // Users come first in what is said of both.
  return target.sort(([a], [b]) => (a < b ? 1 : -1))
}

/** Whether it is about logins of a user, which are not quotas. */
export function isOfLogins(target: QuotaTarget, changes: readonly ConfigChange[]): boolean {
  return (
    target.length === 1 &&
    target[0]![0] === 'users' &&
    changes.length > 0 &&
    changes.every(({ name }) => isScramMechanism(name))
  )
}

function questionOf(target: QuotaTarget): QuotaQuestion {
  return new Map(target.map(([kind, name]) => [kinds[kind].type, name]))
}

/** Prints quotas, one entity a line. */
export async function describeQuotasOf(admin: Admin, target: QuotaTarget, io: Io): Promise<void> {
  const found = (await describeQuotas(admin, questionOf(target))).map(lineOf)
  io.stdout.write(
    found
      .sort()
      .map(line => `${line}\n`)
      .join(''),
  )
}

/** The same as objects, in the same order; who is meant by all who have no quotas of their own is null. */
export async function quotaRows(admin: Admin, target: QuotaTarget): Promise<object[]> {
  const found = await describeQuotas(admin, questionOf(target))
  const sorted = found.map(quota => ({ quota, line: lineOf(quota) })).sort((a, b) => (a.line < b.line ? -1 : 1))
  return sorted.map(({ quota: { entity, values } }) => ({
    entity: Object.fromEntries(entity),
    values: Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1))),
  }))
}

function lineOf({ entity, values }: DescribedQuota): string {
  const names = Object.values(kinds)
    .filter(({ type }) => entity.has(type))
    .map(({ type, title }) => {
      const name = entity.get(type)
      return name === null ? `the default ${title}` : `${title} '${name}'`
    })
  const told = [...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}=${asDouble(value)}`)
  return `Quota configs for ${names.join(', ')} are ${told.join(', ')}`
}

/** Changes quotas of one entity, and says so. Throws ToolUsageError. */
export async function alterQuotasOf(
  admin: Admin,
  target: QuotaTarget,
  changes: readonly ConfigChange[],
  isJson: boolean,
  io: Io,
): Promise<void> {
  if (target.some(([, name]) => name === undefined)) {
    throw unusable('An entity-name or default entity must be specified with --alter of users, clients, brokers or ips')
  }
  const [head] = target
  const [kind, name] = head!
  refuseOthers(target, changes)
  const values = changes.map(change => [change.name, quotaIn(change)] as const)
  if (kind === 'ips' && typeof name === 'string' && !/^[\d.]+$|:|^localhost$/.test(name))
    throw unusable(`The entity name for ips must be a valid IP or resolvable host, but it is: ${name}`)
  await refuseMissing(admin, target, changes)
  const entity = new Map(target.map(([each, of]) => [kinds[each].type, of ?? null]))
  await alterQuotas(admin, entity, values)
  if (isJson) {
    io.stdout.write(`${JSON.stringify([{ entity: Object.fromEntries(entity), result: 'altered' }])}\n`)
    return
  }
  io.stdout.write(
    name === null
      ? `Completed updating default config for ${kind} in the cluster.\n`
      : `Completed updating config for ${kinds[kind].singular} ${name}.\n`,
  )
}

function refuseOthers(target: QuotaTarget, changes: readonly ConfigChange[]): void {
  const [last] = target.at(-1)!
  const known = last === 'ips' ? ofAddresses : ofClients
  const isOfUsers = target.length === 1 && last === 'users'
  const other = changes.filter(({ name }) => !known.includes(name) && !(isOfUsers && isScramMechanism(name)))
  if (other.length === 0) {
    if (!isOfUsers || !changes.some(({ name }) => isScramMechanism(name))) return
    throw unusable(
      "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.",
    )
  }
  const what = { users: 'quota and SCRAM credential', clients: 'quota', ips: 'connection quota' }[last]
  const done = other.some(({ value }) => value !== null) ? 'added' : 'deleted'
  throw unusable(
    `Only ${what} configs can be ${done} for '${last}' using --bootstrap-server. Unexpected config names: ${other.map(({ name }) => name).join(',')}`,
  )
}

function quotaIn({ name, value }: ConfigChange): number | null {
  if (value === null) return null
  if (value !== '' && Number.isFinite(Number(value))) return Number(value)
  throw unusable(`Cannot parse quota configuration value for ${name}: ${value}`)
}

/** What is not set cannot be taken away. */
async function refuseMissing(admin: Admin, target: QuotaTarget, changes: readonly ConfigChange[]): Promise<void> {
  const deleted = changes.filter(({ value }) => value === null)
  if (deleted.length === 0) return
  const [now] = await describeQuotas(admin, questionOf(target))
  const missing = deleted.filter(({ name }) => !now?.values.has(name))
  if (missing.length > 0) throw unusable(`Invalid config(s): ${missing.map(({ name }) => name).join(',')}`)
}
