/**
 * Judges a history of transactions: what is committed is seen whole, once and for good, and nothing else is ever seen. Pure, so that it can
 * be shown histories that it must refuse.
 */
import { type Event, type History, lastValue, legsOf, type Placed, type Reading } from './history.ts'

interface Sent {
  readonly partition: string
  readonly value: string
}

/** `open`: it was never asked to be committed, and so must never be seen. `asked`: it may be, or may not. */
interface Transaction {
  readonly id: string
  state: 'open' | 'asked' | 'committed'
  readonly sent: Sent[]
}

/** What is wrong, a line each; none where all is well. */
export function findings(history: History): string[] {
  const [reading, ...others] = history.readings
  if (reading === undefined) return ['nobody read what there is at the end']
  const transactions = new Transactions()
  const sessions = new Sessions(reading)
  const found: string[] = []
  for (const event of history.events) found.push(...transactions.saw(event), ...sessions.saw(event))
  for (const other of others) found.push(...differences(reading, other))
  found.push(...transactions.judge(reading, history.source))
  for (const topic of history.copies) found.push(...judgeCopies(reading, history.source, topic))
  return found
}

class Transactions {
  readonly #byId = new Map<string, Transaction>()
  readonly #byValue = new Map<string, Transaction>()

  saw(event: Event): string[] {
    if (event.type === 'send') {
      const { partition, value } = event
      const transaction = this.#named(event.transaction)
      transaction.sent.push({ partition, value })
      this.#byValue.set(value, transaction)
    } else if (event.type === 'commit') {
      this.#named(event.transaction).state = 'asked'
    } else if (event.type === 'committed') {
      this.#named(event.transaction).state = 'committed'
    } else if (event.type === 'read') {
      const transaction = this.#byValue.get(event.value)
      if (transaction?.state === 'open')
        return [`${event.reader} read ${placeOf(event)} before its transaction was asked to commit`]
    }
    return []
  }

  #named(id: string): Transaction {
    const transaction = this.#byId.get(id) ?? { id, state: 'open', sent: [] }
    this.#byId.set(id, transaction)
    return transaction
  }

  /** The end: what is there of each transaction. */
  judge({ partitions }: Reading, source: string): string[] {
    const found: string[] = []
    const places = new Map<string, string>()
    for (const [partition, placed] of partitions) {
      if (topicOf(partition) !== source) continue
      for (const { offset, value } of placed) {
        if (value === lastValue) continue
        const place = placeOf({ partition, offset, value })
        const before = places.get(value)
        if (before !== undefined) found.push(`doubled: ${before} is also ${place}`)
        places.set(value, place)
        const transaction = this.#byValue.get(value)
        const sent = transaction?.sent.find(each => each.value === value)
        if (!transaction) found.push(`nobody sent ${place}`)
        else if (transaction.state === 'open') found.push(`aborted, and there: ${place}`)
        else if (sent!.partition !== partition) found.push(`${place} was sent to ${sent!.partition}`)
      }
      found.push(...this.#disorder(partition, placed))
    }
    for (const { id, state, sent } of this.#byId.values()) {
      if (state === 'open') continue
      const missing = sent.filter(({ value }) => !places.has(value))
      if (missing.length === 0) continue
      const of = `${missing.length} of ${sent.length} records, first ${missing[0]!.value} of ${missing[0]!.partition}`
      if (missing.length < sent.length) found.push(`torn: of ${id} are missing ${of}`)
      else if (state === 'committed') found.push(`lost: ${id} was committed, and are missing ${of}`)
    }
    return found
  }

  /** Records of one transaction are in the order in which they were sent. */
  #disorder(partition: string, placed: readonly Placed[]): string[] {
    const next = new Map<Transaction, number>()
    for (const { value } of placed) {
      const transaction = this.#byValue.get(value)
      if (!transaction) continue
      const at = transaction.sent.findIndex(each => each.value === value)
      if (at < (next.get(transaction) ?? 0)) return [`${partition}: ${value} comes after records that were sent later`]
      next.set(transaction, at)
    }
    return []
  }
}

/** Each session of a reader is a piece of what is there at the end, from the beginning on and without a gap. */
class Sessions {
  readonly #final: ReadonlyMap<string, readonly Placed[]>
  /** How far each reader is in each partition: the index of the next record in the last reading. */
  readonly #next = new Map<string, Map<string, number>>()

  constructor(final: Reading) {
    this.#final = final.partitions
  }

  saw(event: Event): string[] {
    if (event.type === 'session') this.#next.set(event.reader, new Map())
    if (event.type !== 'read') return []
    const { reader, partition, offset, value } = event
    const progress = this.#next.get(reader) ?? new Map<string, number>()
    this.#next.set(reader, progress)
    const final = this.#final.get(partition) ?? []
    const at = progress.get(partition) ?? 0
    const expected = final[at]
    if (expected?.offset === offset && expected.value === value) {
      progress.set(partition, at + 1)
      return []
    }
    // Go on behind it, so that one fault is told once.
    const behind = final.findIndex(each => each.offset > offset)
    progress.set(partition, behind < 0 ? final.length : behind)
    const what = `${reader} read ${placeOf(event)}`
    const there = final.find(each => each.offset === offset)
    if (there === undefined) return [`${what}, which is not there at the end`]
    if (there.value !== value) return [`${what}, where ${there.value} is at the end`]
    if (expected !== undefined && expected.offset < offset)
      return [`${what}, and skipped ${placeOf({ partition, ...expected })}`]
    return [`${what} again, or out of order`]
  }
}

/** Two clients that read everything read the same. */
function differences(a: Reading, b: Reading): string[] {
  const found: string[] = []
  for (const partition of new Set([...a.partitions.keys(), ...b.partitions.keys()])) {
    const [ours, theirs] = [a, b].map(({ partitions }) => partitions.get(partition) ?? []) as [Placed[], Placed[]]
    const at = ours.findIndex((each, i) => theirs[i]?.offset !== each.offset || theirs[i]?.value !== each.value)
    if (at < 0 && ours.length === theirs.length) continue
    const shown = (placed: readonly Placed[]) => JSON.stringify(placed[at < 0 ? ours.length : at] ?? null)
    found.push(`${partition}: ${a.reader} read ${shown(ours)} where ${b.reader} read ${shown(theirs)}`)
  }
  return found
}

/** Of each input there are both legs, once, and the sum of all is 0. Where legs are numbered by account, no number is left out or used twice. */
function judgeCopies({ partitions }: Reading, source: string, topic: string): string[] {
  const wanted = new Map<string, string>()
  for (const [partition, placed] of partitions) {
    if (topicOf(partition) !== source) continue
    const index = Number(partition.slice(source.length + 1))
    for (const { offset, value } of placed) {
      if (value === lastValue) continue
      for (const leg of legsOf(index, offset, value)) wanted.set(leg, `${index}@${offset}`)
    }
  }
  const found: string[] = []
  const there = new Map<string, number>()
  const counts = new Map<string, Set<number>>()
  let sum = 0
  for (const [partition, placed] of partitions) {
    if (topicOf(partition) !== topic) continue
    for (const { offset, value } of placed) {
      if (value === lastValue) continue
      const [input, delta, text, account, count] = value.split('|') as [string, string, string, string?, string?]
      const leg = `${input}|${delta}|${text}`
      const place = placeOf({ partition, offset, value })
      sum += Number(delta)
      if (!wanted.has(leg)) found.push(`nothing says to write ${place}`)
      const times = (there.get(leg) ?? 0) + 1
      there.set(leg, times)
      if (times > 1) found.push(`doubled: ${place} is there ${times} times`)
      if (account === undefined) continue
      const seen = counts.get(account) ?? new Set()
      counts.set(account, seen)
      if (seen.has(Number(count))) found.push(`${topic}: account ${account} counted ${count} twice`)
      seen.add(Number(count))
    }
  }
  for (const [leg, input] of wanted) if (!there.has(leg)) found.push(`${topic}: lost or torn: ${leg} of ${input}`)
  for (const [account, seen] of counts)
    if (Math.max(...seen) !== seen.size) found.push(`${topic}: account ${account} left out numbers`)
  if (sum !== 0) found.push(`${topic}: the sum of all is ${sum}, not 0`)
  return found
}

function topicOf(partition: string): string {
  return partition.slice(0, partition.lastIndexOf('-'))
}

function placeOf({ partition, offset, value }: { partition: string; offset: number; value: string }): string {
  return `${value} at ${offset} of ${partition}`
}
