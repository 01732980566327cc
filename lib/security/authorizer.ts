/**
 * Who may do what: the one question that handlers ask, answered by super users, access rules, and what holds where there are none.
 * What Kafka's own authorizer says to the same.
 */
import type { Clock } from '../base/clock.ts'
import { LogLimit } from '../base/log-limit.ts'
import type { Logger } from '../base/logger.ts'
import type { Acl, Operation, ResourceType } from '../cluster/acls.ts'
import { isHealthGroup, isHiddenTopic } from '../cluster/topic-names.ts'
import { type AuthorizerSettings, authorizerSettings } from '../config/authorizer.ts'
import type { BrokerConfig } from '../config/config.ts'
import { hostOf } from './acl-host.ts'
import { AclIndex, type Subject, verdicts } from './acl-index.ts'

/** A request whose client is asked about. */
export interface Asker {
  readonly connection: Subject
  readonly apiKey: number
}

interface Surroundings {
  readonly clock: Clock
  readonly logger: Logger
  /** APIs by their keys, for the names in the log. */
  readonly handlers: ReadonlyMap<number, { readonly api: { readonly name: string } }>
}

export interface AuthorizerOptions extends AuthorizerSettings, Surroundings {}

/** What a change of the cluster does to its rules. */
interface AclDelta {
  readonly aclsAdded: Iterable<Acl>
  readonly aclsRemoved: Iterable<Acl>
}

/** Where the rules are kept. */
interface Rules {
  readonly image: { readonly acls: { values(): Iterable<Acl> } }
  onChange(listener: (delta: AclDelta) => void): unknown
}

interface Counts {
  readonly allowed: number
  readonly denied: number
  readonly rules: number
}

/** The questions that handlers ask, and whether there is anybody to answer them by rules. */
export interface Authorization {
  readonly hasAuthorizer: boolean
  /** What was asked so far, and of how many rules; null without an authorizer. */
  counts(): Counts | null
  authorize(asker: Asker, operation: Operation, type: ResourceType, name: string, isLogged?: boolean): boolean
  authorizeAny(asker: Asker, operation: Operation, type: ResourceType): boolean
}

/** Without an authorizer in the settings, everybody may do everything. */
export function authorizationOf(
  options: Surroundings & { readonly config: BrokerConfig; readonly rules: Rules },
): Authorization {
  const { config, rules, ...surroundings } = options
  const settings = authorizerSettings(config)
  if (settings === null) {
    return { hasAuthorizer: false, counts: () => null, authorize: () => true, authorizeAny: () => true }
  }
  const authorizer = new Authorizer({ ...settings, ...surroundings })
  authorizer.apply({ aclsAdded: rules.image.acls.values(), aclsRemoved: [] })
  rules.onChange(delta => authorizer.apply(delta))
  return {
    hasAuthorizer: true,
    counts: () => authorizer.counts,
    authorize: (asker, operation, type, name, isLogged) => authorizer.authorize(asker, operation, type, name, isLogged),
    authorizeAny: (asker, operation, type) => authorizer.authorizeAny(asker, operation, type),
  }
}

export class Authorizer {
  readonly #index = new AclIndex()
  #allowed = 0
  #denied = 0
  #rules = 0
  readonly #superUsers: ReadonlySet<string>
  readonly #allowsWithoutRules: boolean
  readonly #logger: Logger
  readonly #lines: LogLimit
  readonly #handlers: Surroundings['handlers']

  constructor({ superUsers, allowsWithoutRules, clock, logger, handlers }: AuthorizerOptions) {
    this.#superUsers = superUsers
    this.#allowsWithoutRules = allowsWithoutRules
    this.#logger = logger
    this.#lines = new LogLimit(clock)
    this.#handlers = handlers
  }

  /** Follows the cluster's rules. */
  apply({ aclsAdded, aclsRemoved }: AclDelta): void {
    for (const acl of aclsRemoved) {
      this.#index.remove(acl)
      this.#rules--
    }
    for (const acl of aclsAdded) {
      this.#index.add(acl)
      this.#rules++
    }
  }

  get counts(): Counts {
    return { allowed: this.#allowed, denied: this.#denied, rules: this.#rules }
  }

  /** A refusal is logged, unless the client only asked what it may do. */
  authorize(asker: Asker, operation: Operation, type: ResourceType, name: string, isLogged = true): boolean {
    if (this.#allows(asker.connection, operation, type, name)) {
      this.#allowed++
      return true
    }
    this.#denied++
    if (isLogged) this.#log(asker, operation, type, name)
    return false
  }

  /** Whether the client may do this to at least one resource of the kind, which need not exist. */
  authorizeAny(asker: Asker, operation: Operation, type: ResourceType): boolean {
    const { connection } = asker
    // By any name: for super users, and where there are no rules.
    const isAllowed =
      this.#allows(connection, operation, type, 'hardcode') || this.#index.allowsAny(connection, operation, type)
    if (isAllowed) {
      this.#allowed++
      return true
    }
    this.#denied++
    this.#log(asker, operation, type, 'any')
    return false
  }

  #allows(subject: Subject, operation: Operation, type: ResourceType, name: string): boolean {
    if (this.#superUsers.has(subject.principal)) return true
    const verdict = this.#index.verdict(subject, operation, type, name)
    return verdict === verdicts.allowed || (verdict === verdicts.noRules && this.#allowsWithoutRules)
  }

  #log({ connection, apiKey }: Asker, operation: Operation, type: ResourceType, name: string): void {
    if (!this.#logger.enabled('info') || isOfHealth(type, name)) return
    const line = this.#lines.take()
    if (line === null) return
    const { principal } = connection
    this.#logger.info('not allowed', {
      principal,
      host: hostOf(connection),
      operation,
      resource: `${type}:${name}`,
      api: this.#handlers.get(apiKey)?.api.name,
      ...line,
    })
  }
}

/** Whoever may not even check this broker's health finds it healthy, and asks every few seconds. */
function isOfHealth(type: ResourceType, name: string): boolean {
  return type === 'topic' ? isHiddenTopic(name) : type === 'group' && isHealthGroup(name)
}
