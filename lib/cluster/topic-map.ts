/**
 * The topics of an image, by name and by id: an image whose topics changed shares nearly all of this with the one before it.
 *
 * Each topic has a slot, in the order of names. Which slot is whose changes only where topics come or go; what is in the slots lies in
 * pieces, of which a change copies those that it touches.
 */

/** What a topic is found by. */
interface Findable {
  readonly name: string
  readonly topicId: string
}

/** Topics in one piece, as a power of two: about as many as there are pieces where topics are many. */
const pieceBits = 7
const pieceSize = 1 << pieceBits
const pieceMask = pieceSize - 1

type Pieces<T> = readonly (readonly T[])[]

/** Both ways to look for a topic of one image. */
export interface TopicMaps<T extends Findable> {
  readonly topics: TopicMap<T>
  readonly topicsById: TopicMap<T>
}

/** Topics by one of their keys, in alphabetical order of their names. Never changes. */
export class TopicMap<T extends Findable> implements ReadonlyMap<string, T> {
  readonly #slots: ReadonlyMap<string, number>
  readonly #pieces: Pieces<T>

  constructor(slots: ReadonlyMap<string, number>, pieces: Pieces<T>) {
    this.#slots = slots
    this.#pieces = pieces
  }

  get size(): number {
    return this.#slots.size
  }

  get(key: string): T | undefined {
    const slot = this.#slots.get(key)
    return slot === undefined ? undefined : this.#pieces[slot >> pieceBits]![slot & pieceMask]
  }

  has(key: string): boolean {
    return this.#slots.has(key)
  }

  keys(): MapIterator<string> {
    return this.#slots.keys()
  }

  /** One array for all: a generator over pieces takes four times as long. */
  values(): MapIterator<T> {
    return ([] as T[]).concat(...this.#pieces).values()
  }

  *entries(): MapIterator<[string, T]> {
    for (const [key, slot] of this.#slots) yield [key, this.#pieces[slot >> pieceBits]![slot & pieceMask]!]
  }

  [Symbol.iterator](): MapIterator<[string, T]> {
    return this.entries()
  }

  forEach(visit: (topic: T, key: string, map: ReadonlyMap<string, T>) => void): void {
    for (const [key, topic] of this) visit(topic, key, this)
  }

  /** The same topics, of which some are as `changed` says. */
  static changed<T extends Findable>({ topics, topicsById }: TopicMaps<T>, changed: Iterable<T>): TopicMaps<T> {
    const pieces = topics.#pieces.slice()
    const copied = new Map<number, T[]>()
    for (const topic of changed) {
      const slot = topics.#slots.get(topic.name)!
      const at = slot >> pieceBits
      let piece = copied.get(at)
      if (piece === undefined) {
        piece = pieces[at]!.slice()
        copied.set(at, piece)
        pieces[at] = piece
      }
      piece[slot & pieceMask] = topic
    }
    return { topics: new TopicMap(topics.#slots, pieces), topicsById: new TopicMap(topicsById.#slots, pieces) }
  }
}

/** The topics of an image, to be given in the order of their names. */
export function topicMaps<T extends Findable>(inOrder: Iterable<T>): TopicMaps<T> {
  const byName = new Map<string, number>()
  const byId = new Map<string, number>()
  const pieces: T[][] = []
  let slot = 0
  for (const topic of inOrder) {
    byName.set(topic.name, slot)
    byId.set(topic.topicId, slot)
    if ((slot & pieceMask) === 0) pieces.push([])
    pieces[pieces.length - 1]!.push(topic)
    slot++
  }
  return { topics: new TopicMap(byName, pieces), topicsById: new TopicMap(byId, pieces) }
}

/** The topics of an image without those that were deleted, and with others that were made. */
export function withTopics<T extends Findable>(
  { topics }: TopicMaps<T>,
  created: readonly T[],
  deleted: readonly T[],
): TopicMaps<T> {
  return topicMaps(merged(topics, new Set(deleted.map(({ name }) => name)), created))
}

function* merged<T extends Findable>(
  topics: TopicMap<T>,
  gone: ReadonlySet<string>,
  created: readonly T[],
): IterableIterator<T> {
  const coming = [...created].sort((a, b) => (a.name < b.name ? -1 : 1))
  let next = 0
  for (const topic of topics.values()) {
    while (next < coming.length && coming[next]!.name < topic.name) yield coming[next++]!
    if (!gone.has(topic.name)) yield topic
  }
  while (next < coming.length) yield coming[next++]!
}
