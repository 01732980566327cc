/** Access rules and questions from a seed, and their answers written straight from Kafka's rules: what the index is held against. */
import type { Random } from '../../lib/base/random.ts'
import {
  type Acl,
  type Operation,
  operationNames,
  operations,
  patternTypes,
  permissions,
  type ResourceType,
  resourceTypes,
} from '../../lib/cluster/acls.ts'
import type { Subject } from '../../lib/security/acl-index.ts'

/** Few words, so that rules meet; some begin with others. */
const names = ['a', 'ab', 'abc', 'abd', 'b', 'ba', 'hard', 'hardcode', '*', '*a', 'a*', '\u{1f980}', 'aÿ', 'a\uffff']
const principals = ['User:alice', 'User:bob', 'User:*', 'Group:alice', 'User:']
const ranges = ['10.0.0.0/30', '10.0.0.3/30', '10.0.0.2/31', '0.0.0.0/0', '11.0.0.0/8', '::/0', '::/127', 'fe80::/10']
const hosts = ['*', '*', '10.0.0.1', '10.0.0.2', '0:0:0:0:0:0:0:1', ...ranges]
const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '::1', 'fe80::1']
const types: readonly ResourceType[] = ['topic', 'group']
const allOperations = Object.values(operations)

export function randomAcl(random: Random): Acl {
  const one = <T>(all: readonly T[]) => all[random.int(all.length)]!
  return {
    resourceType: resourceTypes[one(types)],
    resourceName: one(names),
    patternType: one(Object.values(patternTypes)),
    principal: one(principals),
    host: one(hosts),
    operation: one(allOperations),
    // Where a third of them denied, hardly anything would be allowed.
    permissionType: random.int(6) === 0 ? permissions.deny : permissions.allow,
  }
}

export interface Question {
  readonly subject: Subject
  readonly operation: Operation
  readonly type: ResourceType
  readonly name: string
}

export function randomQuestion(random: Random): Question {
  const one = <T>(all: readonly T[]) => all[random.int(all.length)]!
  return {
    subject: { principal: one(principals.filter(each => each !== 'User:*')), remoteAddress: one(addresses) },
    operation: operationNames.nameOf(one(allOperations.filter(each => each !== operations.all))) as Operation,
    type: one(types),
    name: one(names) + one(['', '', 'c', 'z']),
  }
}

function comesUnder(name: string, { patternType, resourceName }: Acl): boolean {
  if (patternType === patternTypes.prefixed) return name.startsWith(resourceName)
  return resourceName === name || resourceName === '*'
}

function isAbout({ principal, remoteAddress }: Subject, acl: Acl): boolean {
  const host = remoteAddress === '::1' ? '0:0:0:0:0:0:0:1' : remoteAddress
  const isHere = ['*', host].includes(acl.host) || isWithin(remoteAddress, acl.host)
  return [principal, 'User:*'].includes(acl.principal) && isHere
}

/** By the letters of the bits. */
function isWithin(address: string, host: string): boolean {
  const [network, length] = host.split('/') as [string, string?]
  if (length === undefined || network.includes(':') !== address.includes(':')) return false
  return lettersOf(network).slice(0, Number(length)) === lettersOf(address).slice(0, Number(length))
}

function lettersOf(address: string): string {
  if (!address.includes(':'))
    return address
      .split('.')
      .map(octet => Number(octet).toString(2).padStart(8, '0'))
      .join('')
  const [first, last] = address.split('::').map(half => half.split(':').map(group => Number(`0x${group || 0}`))) as [
    number[],
    number[],
  ]
  const zeros = new Array<number>(8 - first.length - last.length).fill(0)
  return [...first, ...zeros, ...last].map(group => group.toString(2).padStart(16, '0')).join('')
}

const describing: readonly number[] = [operations.read, operations.write, operations.delete, operations.alter]

function allows(acl: Acl, operation: Operation): boolean {
  if (acl.operation === operations.all || acl.operation === operations[operation]) return true
  if (operation === 'describe') return describing.includes(acl.operation)
  return operation === 'describeConfigs' && acl.operation === operations.alterConfigs
}

function denies(acl: Acl, operation: Operation): boolean {
  return acl.operation === operations.all || acl.operation === operations[operation]
}

/** By looking at every rule. */
export function naiveAnswer(acls: Iterable<Acl>, question: Question, allowsWithoutRules: boolean): boolean {
  const { subject, operation, type, name } = question
  let hasRules = false
  let isAllowed = false
  for (const acl of acls) {
    if (acl.resourceType !== resourceTypes[type] || !comesUnder(name, acl)) continue
    hasRules = true
    if (!isAbout(subject, acl)) continue
    if (acl.permissionType === permissions.deny) {
      if (denies(acl, operation)) return false
    } else if (allows(acl, operation)) isAllowed = true
  }
  return hasRules ? isAllowed : allowsWithoutRules
}

/** The same for any resource of a kind: by one name that stands for all, else by a pattern that is allowed and not denied as a whole. */
export function naiveAnyAnswer(acls: readonly Acl[], question: Question, allowsWithoutRules: boolean): boolean {
  if (naiveAnswer(acls, { ...question, name: 'hardcode' }, allowsWithoutRules)) return true
  const { subject, operation, type } = question
  const about = acls.filter(
    acl => acl.resourceType === resourceTypes[type] && isAbout(subject, acl) && denies(acl, operation),
  )
  const denied = about.filter(acl => acl.permissionType === permissions.deny)
  const isWhole = ({ patternType, resourceName }: Acl) => patternType === patternTypes.literal && resourceName === '*'
  if (denied.some(isWhole)) return false
  return about.some(acl => {
    if (acl.permissionType === permissions.deny) return false
    if (isWhole(acl)) return true
    return !denied.some(other =>
      other.patternType === patternTypes.prefixed
        ? acl.resourceName.startsWith(other.resourceName)
        : acl.patternType === patternTypes.literal && acl.resourceName === other.resourceName,
    )
  })
}
