/**
 * Regular expressions of a group's members. They are matched with all topics of the cluster off the path of heartbeats, together, at most
 * every ten seconds, and what they matched is on record.
 */
import { codes, KafkaError } from '../../../protocol/errors.ts'
import type { Moment } from '../outcome.ts'
import type { GroupRecord } from '../records.ts'
import type { MemberChange } from './beat.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './member.ts'
import type { ResolvedRegex } from './records.ts'
import type { Pattern, ReadPattern, Resolving } from './resolving.ts'
import { type ClusterTopics, metadataHash, topicHashes } from './topics.ts'

/** What became of a member's regular expression; `resolved` where the topics that the member consumes have changed with it. */
export type RegexChange = 'unchanged' | 'updated' | 'resolved'

/** How long after they were resolved regular expressions are not looked at again. */
const restMs = 10_000
/** UTF-16 units that a regular expression may have. */
const lengthMax = 4096
/** Matches, or hashes of topics, in one piece of the work, where it has time for all of them. */
const pieceMax = 64

/** Looks at what a member says of its regular expression, and has the group's resolved where it is time. */
export function updateRegexes(group: ConsumerGroup, { member, updated, beat, records }: MemberChange): RegexChange {
  const { groupId, regexes, resolved, scope } = group
  const [before, after] = [member.topicRegex, updated.topicRegex]
  let change: RegexChange = 'unchanged'
  let isNew = false
  if (before !== after) {
    change = 'updated'
    if (before !== '' && regexes.get(before) === 1)
      records.push({ kind: 'consumerRegex', groupId, regex: before, value: null })
    if (after === '' || (regexes.has(after) && resolved.has(after))) change = 'resolved'
    if (after !== '' && !regexes.has(after)) {
      checkRegex(after, scope.readPattern)
      isNew = true
    }
  }
  if (isNew || regexes.size > 0) resolveIfTime(group, { member, updated, beat, records }, isNew)
  return change
}

function checkRegex(regex: string, read: ReadPattern): void {
  if (regex.length <= lengthMax && read(regex) !== null) return
  const message =
    regex.length > lengthMax
      ? `the regular expression is longer than ${lengthMax} characters`
      : `this is no regular expression of RE2: ${regex}`
  throw new KafkaError(codes.INVALID_REGULAR_EXPRESSION, message)
}

function resolveIfTime(group: ConsumerGroup, { member, updated, beat }: MemberChange, isNew: boolean): void {
  const { groupId, resolved, scope } = group
  const last = lastResolved(resolved)
  const sinceMs = beat.now.ms - (last?.timestampMs ?? Number.NEGATIVE_INFINITY)
  if (scope.isResolving(groupId) || sinceMs <= restMs) return
  const regexes = regexesWith(group, member, updated)
  if (regexes.size === 0) return
  const version = last?.version ?? 0
  const isOutdated =
    regexes.size !== resolved.size ||
    version < scope.newTopicsRevision() ||
    // Written by another cluster.
    version > beat.image.revision ||
    sinceMs > scope.settings.regexRefreshIntervalMs
  if (isNew || isOutdated) scope.resolveLater({ groupId, regexes, mayDescribe: beat.caller.mayDescribe })
}

/** All are resolved together, so that any tells of all. */
function lastResolved(resolved: ReadonlyMap<string, ResolvedRegex>): ResolvedRegex | undefined {
  return resolved.values().next().value
}

function regexesWith(group: ConsumerGroup, member: ConsumerMember, updated: ConsumerMember): Set<string> {
  const regexes = new Set(group.regexes.keys())
  const { topicRegex: before } = member
  if (before !== updated.topicRegex && group.regexes.get(before) === 1) regexes.delete(before)
  if (updated.topicRegex !== '') regexes.add(updated.topicRegex)
  return regexes
}

/** The resolution of regular expressions, bit by bit. */
export class RegexWork {
  readonly groupId: string
  readonly #mayDescribe: (topic: string) => boolean
  readonly #image: ClusterTopics
  readonly #patterns: (readonly [regex: string, pattern: Pattern, topics: Set<string>])[] = []
  readonly #timestampMs: number
  readonly #resolved: Iterator<void>

  constructor({ groupId, regexes, mayDescribe }: Resolving, read: ReadPattern, image: ClusterTopics, now: Moment) {
    this.groupId = groupId
    this.#mayDescribe = mayDescribe
    this.#image = image
    this.#timestampMs = now.ms
    this.#resolved = this.#resolve(regexes, read)
  }

  /** Goes on while there is time, as nobody knows how long a match takes; true where it is done. */
  step(hasTime: () => boolean): boolean {
    let done = false
    for (let n = 0; n < pieceMax && !done && (n === 0 || hasTime()); n++) done = this.#resolved.next().done ?? false
    return done
  }

  *#resolve(regexes: Iterable<string>, read: ReadPattern): Generator<void, void> {
    for (const regex of regexes) {
      // What is on record was a pattern once.
      this.#patterns.push([regex, read(regex) ?? (() => false), new Set()])
      yield
    }
    for (const topic of this.#image.topics.keys()) {
      for (const [, pattern, topics] of this.#patterns) {
        if (pattern(topic) && this.#mayDescribe(topic)) topics.add(topic)
        yield
      }
    }
    // That of all of them is to be made at once then.
    for (const [, , topics] of this.#patterns) for (const _ of topicHashes(topics, this.#image)) yield
  }

  /** What is to be written of it: the group consumes other topics where they match others. */
  records(group: ConsumerGroup, image: ClusterTopics, now: Moment): GroupRecord[] {
    const { groupId } = group
    const records: GroupRecord[] = []
    const resolved = new Map(group.resolved)
    let grows = false
    for (const [regex, , topics] of this.#patterns) {
      if (!group.regexes.has(regex)) continue
      const before = group.resolved.get(regex)?.topics ?? new Set()
      if (before.size !== topics.size || [...topics].some(topic => !before.has(topic))) grows = true
      const value = { topics, version: this.#image.revision, timestampMs: this.#timestampMs }
      resolved.set(regex, value)
      records.push({ kind: 'consumerRegex', groupId, regex, value })
    }
    const names = new Set(group.topicNames.keys())
    for (const { topics } of resolved.values()) for (const topic of topics) names.add(topic)
    const hash = metadataHash(names, image)
    if (grows || hash !== group.metadataHash) {
      const epoch = group.epoch + 1
      records.push({ kind: 'consumerEpoch', groupId, value: { epoch, metadataHash: hash } })
      group.lookedAtTopics(epoch, now)
    }
    return records
  }
}
