/**
 * Access rules, found by resource and by user: what a question costs depends on the rules about that resource, not on how many there are.
 * Rules come and go one by one. A question that is answered allocates nothing.
 */
import {
  type Acl,
  everybody,
  type Operation,
  operations,
  patternTypes,
  permissions,
  type ResourceType,
  resourceTypes,
  wildcard,
} from '../cluster/acls.ts'
import { type AddressRange, rangeOf } from '../cluster/address-ranges.ts'
import { addressOfClient, hostOf } from './acl-host.ts'
import { Prefixes } from './acl-prefixes.ts'
import { AddressRanges } from './acl-ranges.ts'

/** Who asks. */
export interface Subject {
  /** As Kafka prints it: User:alice. */
  readonly principal: string
  readonly remoteAddress: string
}

/** What the rules about a resource come to. */
export const verdicts = { noRules: 0, noneForIt: 1, allowed: 2, denied: 3 } as const
export type Verdict = (typeof verdicts)[keyof typeof verdicts]

/** Operations as bits, of one user at one host, or at any. */
interface Bits {
  allowed: number
  denied: number
}

/** Operations by which another is allowed, too. */
const impliedBy: Partial<Record<Operation, readonly Operation[]>> = {
  describe: ['read', 'write', 'delete', 'alter'],
  describeConfigs: ['alterConfigs'],
}

function bitsOf(...named: readonly (keyof typeof operations)[]): number {
  return named.reduce((bits, name) => bits | (1 << operations[name]), 0)
}

const names = Object.keys(operations).filter(name => name !== 'all') as Operation[]

/** The bits of rules that speak of an operation itself, and of those that allow it. */
const itself = Object.fromEntries(names.map(name => [name, bitsOf('all', name)])) as Record<Operation, number>
const allowing = Object.fromEntries(
  names.map(name => [name, itself[name] | bitsOf(...(impliedBy[name] ?? []))]),
) as Record<Operation, number>

/** What ranges were found for one question: used again for the next. */
const found: Bits[] = []

/** The rules of one user about one pattern. */
class UserRules {
  readonly pattern: Pattern
  readonly #anywhere: Bits = { allowed: 0, denied: 0 }
  /** By the text of the host, also of ranges. */
  #hosts: Map<string, Bits> | null = null
  #ranges: AddressRanges<Bits> | null = null

  constructor(pattern: Pattern) {
    this.pattern = pattern
  }

  add({ host, operation, permissionType }: Acl): void {
    const bits = this.#at(host) ?? this.#addHost(host)
    if (permissionType === permissions.allow) bits.allowed |= 1 << operation
    else bits.denied |= 1 << operation
  }

  remove({ host, operation, permissionType }: Acl): void {
    const bits = this.#at(host)
    if (bits === undefined) return
    if (permissionType === permissions.allow) bits.allowed &= ~(1 << operation)
    else bits.denied &= ~(1 << operation)
    if (host !== wildcard && (bits.allowed | bits.denied) === 0) this.#removeHost(host, bits)
  }

  get isEmpty(): boolean {
    return (this.#anywhere.allowed | this.#anywhere.denied) === 0 && this.#hosts === null
  }

  #at(host: string): Bits | undefined {
    return host === wildcard ? this.#anywhere : this.#hosts?.get(host)
  }

  #addHost(host: string): Bits {
    const bits: Bits = { allowed: 0, denied: 0 }
    this.#hosts ??= new Map()
    this.#hosts.set(host, bits)
    const range = rangeOfHost(host)
    if (range !== null) {
      this.#ranges ??= new AddressRanges()
      this.#ranges.add(range, bits)
    }
    return bits
  }

  #removeHost(host: string, bits: Bits): void {
    this.#hosts!.delete(host)
    if (this.#hosts!.size === 0) this.#hosts = null
    const range = rangeOfHost(host)
    if (range === null) return
    this.#ranges!.remove(range, bits)
    if (this.#ranges!.isEmpty) this.#ranges = null
  }

  /** Deny wins. */
  verdict(subject: Subject, allowing: number, denying: number): Verdict {
    let { allowed, denied } = this.#anywhere
    const here = this.#hosts?.get(hostOf(subject))
    if (here !== undefined) {
      allowed |= here.allowed
      denied |= here.denied
    }
    const address = this.#ranges === null ? null : addressOfClient(subject)
    if (address !== null) {
      const count = this.#ranges!.collect(address, found)
      for (let i = 0; i < count; i++) {
        allowed |= found[i]!.allowed
        denied |= found[i]!.denied
      }
    }
    if ((denied & denying) !== 0) return verdicts.denied
    return (allowed & allowing) !== 0 ? verdicts.allowed : verdicts.noneForIt
  }
}

/** Null for a single host; what was once taken for a range and is none is a host that no client has. */
function rangeOfHost(host: string): AddressRange | null {
  const range = host.includes('/') ? rangeOf(host) : null
  return typeof range === 'string' ? null : range
}

/** What a rule is about: all resources of one kind that come under a name. */
class Pattern {
  readonly patternType: number
  readonly name: string
  readonly users = new Map<string, UserRules>()

  constructor(patternType: number, name: string) {
    this.patternType = patternType
    this.name = name
  }

  verdict(subject: Subject, allowing: number, denying: number): Verdict {
    let verdict: Verdict = verdicts.noneForIt
    const own = this.users.get(subject.principal)
    if (own !== undefined) {
      verdict = own.verdict(subject, allowing, denying)
      if (verdict === verdicts.denied) return verdict
    }
    const all = this.users.get(everybody)
    return all === undefined ? verdict : greater(verdict, all.verdict(subject, allowing, denying))
  }
}

function greater(a: Verdict, b: Verdict): Verdict {
  return a > b ? a : b
}

/** The rules about resources of one kind. */
class OfType {
  readonly #literal = new Map<string, Pattern>()
  readonly #prefixed = new Prefixes<Pattern>()
  /** The same rules by their user. */
  readonly #byUser = new Map<string, Set<UserRules>>()

  add(acl: Acl): void {
    const { patternType, resourceName, principal } = acl
    let pattern = this.#pattern(acl)
    if (pattern === undefined) {
      pattern = new Pattern(patternType, resourceName)
      if (patternType === patternTypes.prefixed) this.#prefixed.add(resourceName, pattern)
      else this.#literal.set(resourceName, pattern)
    }
    let rules = pattern.users.get(principal)
    if (rules === undefined) {
      rules = new UserRules(pattern)
      pattern.users.set(principal, rules)
      const ofUser = this.#byUser.get(principal)
      if (ofUser === undefined) this.#byUser.set(principal, new Set([rules]))
      else ofUser.add(rules)
    }
    rules.add(acl)
  }

  remove(acl: Acl): void {
    const { patternType, resourceName, principal } = acl
    const pattern = this.#pattern(acl)
    const rules = pattern?.users.get(principal)
    if (pattern === undefined || rules === undefined) return
    rules.remove(acl)
    if (!rules.isEmpty) return
    pattern.users.delete(principal)
    const ofUser = this.#byUser.get(principal)!
    ofUser.delete(rules)
    if (ofUser.size === 0) this.#byUser.delete(principal)
    if (pattern.users.size > 0) return
    if (patternType === patternTypes.prefixed) this.#prefixed.remove(resourceName)
    else this.#literal.delete(resourceName)
  }

  #pattern({ patternType, resourceName }: Acl): Pattern | undefined {
    return patternType === patternTypes.prefixed ? this.#prefixed.get(resourceName) : this.#literal.get(resourceName)
  }

  verdict(subject: Subject, name: string, allowing: number, denying: number): Verdict {
    let verdict: Verdict = verdicts.noRules
    const literal = this.#literal.get(name)
    if (literal !== undefined) verdict = literal.verdict(subject, allowing, denying)
    if (verdict === verdicts.denied) return verdict
    const all = name === wildcard ? undefined : this.#literal.get(wildcard)
    if (all !== undefined) verdict = greater(verdict, all.verdict(subject, allowing, denying))
    let prefix = this.#prefixed.longestOf(name)
    while (prefix !== null && verdict !== verdicts.denied) {
      verdict = greater(verdict, prefix.value.verdict(subject, allowing, denying))
      prefix = prefix.shorter
    }
    return verdict
  }

  /** Whether there is a pattern that the user is allowed, and that no rule denies as a whole. What is denied of a part is not. */
  allowsAny(subject: Subject, wanted: number): boolean {
    const allowed: Pattern[] = []
    const deniedNames = new Set<string>()
    const deniedPrefixes = new Prefixes<true>()
    for (const principal of [subject.principal, everybody]) {
      for (const rules of this.#byUser.get(principal) ?? []) {
        const { pattern } = rules
        const verdict = rules.verdict(subject, wanted, 0)
        if (verdict === verdicts.allowed) allowed.push(pattern)
        if (rules.verdict(subject, 0, wanted) !== verdicts.denied) continue
        if (pattern.patternType === patternTypes.literal) {
          if (pattern.name === wildcard) return false
          deniedNames.add(pattern.name)
        } else if (deniedPrefixes.get(pattern.name) === undefined) deniedPrefixes.add(pattern.name, true)
      }
    }
    return allowed.some(({ patternType, name }) => {
      if (patternType === patternTypes.literal) {
        if (name === wildcard) return true
        if (deniedNames.has(name)) return false
      }
      return deniedPrefixes.longestOf(name) === null
    })
  }
}

export class AclIndex {
  readonly #types: (OfType | undefined)[] = []

  /** A rule that is not there yet. */
  add(acl: Acl): void {
    let ofType = this.#types[acl.resourceType]
    if (ofType === undefined) {
      ofType = new OfType()
      this.#types[acl.resourceType] = ofType
    }
    ofType.add(acl)
  }

  /** A rule that is there. */
  remove(acl: Acl): void {
    this.#types[acl.resourceType]?.remove(acl)
  }

  verdict(subject: Subject, operation: Operation, type: ResourceType, name: string): Verdict {
    const ofType = this.#types[resourceTypes[type]]
    if (ofType === undefined) return verdicts.noRules
    return ofType.verdict(subject, name, allowing[operation], itself[operation])
  }

  /** Whether rules allow the operation on any resource of a kind, named or not; what implies it does not count. */
  allowsAny(subject: Subject, operation: Operation, type: ResourceType): boolean {
    return this.#types[resourceTypes[type]]?.allowsAny(subject, itself[operation]) ?? false
  }
}
