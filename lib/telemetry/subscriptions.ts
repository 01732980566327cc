/** Which metrics a client is to push, and how often (KIP-714): the subscriptions that match what is known of it, taken together. */
import { type Pattern, patternOf } from '../base/pattern.ts'

/** What subscriptions choose clients by. */
export interface ClientLabels {
  readonly client_id: string
  readonly client_instance_id: string
  readonly client_software_name: string
  readonly client_software_version: string
  readonly client_source_address: string
  readonly client_source_port: string
}

/** Settings of a subscription as they are kept, as text. */
export type SubscriptionSettings = ReadonlyMap<string, string>

export interface Subscription {
  /** Another one as soon as the client is to push something else, or more or less often. */
  readonly id: number
  readonly pushIntervalMs: number
  /** What names of metrics begin with; `*` alone stands for all. */
  readonly metrics: readonly string[]
}

const intervalMsDefault = 300_000
const all = '*'

/** Of the subscriptions that match a client. */
export function subscriptionOf(
  subscriptions: Iterable<SubscriptionSettings>,
  labels: ClientLabels,
  patterns: Patterns,
): Subscription {
  const metrics = new Set<string>()
  let pushIntervalMs = intervalMsDefault
  for (const settings of subscriptions) {
    if (!matches(settings, labels, patterns)) continue
    for (const prefix of listed(settings.get('metrics') ?? '')) metrics.add(prefix)
    pushIntervalMs = Math.min(pushIntervalMs, Number(settings.get('interval.ms') ?? intervalMsDefault))
  }
  const requested = metrics.has(all) ? [all] : [...metrics].sort()
  return { id: idOf(requested, pushIntervalMs, labels.client_instance_id), pushIntervalMs, metrics: requested }
}

function listed(text: string): string[] {
  return text.split(',').flatMap(word => word.trim() || [])
}

/** Whether all patterns fit, each the whole of what it is about. */
function matches(settings: SubscriptionSettings, labels: ClientLabels, patterns: Patterns): boolean {
  return patternsIn(settings).every(
    ([label, expression]) =>
      Object.hasOwn(labels, label) && patterns.fits(expression, labels[label as keyof ClientLabels]),
  )
}

/** Expressions of patterns, in linear time, as what they are held against comes from anybody. */
export class Patterns {
  readonly #compiled = new Map<string, Pattern | null>()

  /** To be awaited whenever subscriptions may have changed. What RE2 does not know matches nobody. */
  async prepare(subscriptions: Iterable<SubscriptionSettings>): Promise<void> {
    const wanted = new Set<string>()
    for (const settings of subscriptions) for (const [, expression] of patternsIn(settings)) wanted.add(expression)
    for (const known of this.#compiled.keys()) if (!wanted.has(known)) this.#compiled.delete(known)
    for (const expression of wanted) {
      if (!this.#compiled.has(expression)) this.#compiled.set(expression, await patternOf(expression))
    }
  }

  fits(expression: string, text: string): boolean {
    return this.#compiled.get(expression)?.(text) ?? false
  }
}

function patternsIn(settings: SubscriptionSettings): (readonly [label: string, expression: string])[] {
  return listed(settings.get('match') ?? '').map(pattern => {
    const [label = '', expression = ''] = pattern.split('=').map(part => part.trim())
    return [label, expression]
  })
}

/** The same for the same content: FNV-1a, as a whole number with a sign. */
function idOf(metrics: readonly string[], pushIntervalMs: number, instanceId: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`${instanceId}\0${pushIntervalMs}\0${metrics.join('\0')}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  return hash | 0
}
