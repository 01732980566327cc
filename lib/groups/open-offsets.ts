/**
 * Offsets of transactions that have not ended. Several may hold one for the same partition: of these and of what is committed outside of
 * transactions the one that was written last counts, whichever transaction ends first.
 */
import type { GroupRecord } from './records.ts'

export type OffsetRecord = Extract<GroupRecord, { kind: 'offset' }>

interface Open {
  readonly place: string
  readonly record: OffsetRecord
  /** What was written later counts already: this one is told of until its transaction ends, and has no effect. */
  isVoid: boolean
}

export class OpenOffsets {
  readonly #byProducer = new Map<number, Map<string, Open>>()
  /** By place and producer id; those of one place in the order in which they were written. */
  readonly #byPlace = new Map<string, Map<number, Open>>()

  /** Whether any transaction holds an offset for the partition. */
  has(groupId: string, topic: string, partition: number): boolean {
    return this.#byPlace.size > 0 && this.#byPlace.has(placeOf({ groupId, topic, partition }))
  }

  *records(): Iterable<OffsetRecord> {
    for (const open of this.#byProducer.values()) for (const { record } of open.values()) yield record
  }

  /** A transaction has one, in the place of what it had for the partition before. */
  add(record: OffsetRecord, producerId: number): void {
    const place = placeOf(record)
    this.#forget(place, producerId)
    const open: Open = { place, record, isVoid: false }
    const ofProducer = this.#byProducer.get(producerId) ?? new Map<string, Open>()
    this.#byProducer.set(producerId, ofProducer.set(place, open))
    const atPlace = this.#byPlace.get(place) ?? new Map<number, Open>()
    this.#byPlace.set(place, atPlace.set(producerId, open))
  }

  /** One was committed outside of transactions, or deleted, and with it all that were there. */
  written(record: OffsetRecord): void {
    if (this.#byPlace.size === 0) return
    const place = placeOf(record)
    const atPlace = this.#byPlace.get(place)
    if (atPlace === undefined) return
    for (const [producerId, open] of [...atPlace]) {
      if (record.value === null) this.#forget(place, producerId)
      else open.isVoid = true
    }
  }

  /** The transaction has ended; gives what counts from now on. */
  end(producerId: number, committed: boolean): readonly OffsetRecord[] {
    const ofProducer = this.#byProducer.get(producerId)
    if (ofProducer === undefined) return []
    const counting: OffsetRecord[] = []
    for (const open of [...ofProducer.values()]) {
      if (committed && !open.isVoid) {
        counting.push(open.record)
        this.#voidBefore(open)
      }
      this.#forget(open.place, producerId)
    }
    return counting
  }

  #voidBefore(open: Open): void {
    for (const other of this.#byPlace.get(open.place)!.values()) {
      if (other === open) return
      other.isVoid = true
    }
  }

  #forget(place: string, producerId: number): void {
    const atPlace = this.#byPlace.get(place)
    if (atPlace?.delete(producerId) !== true) return
    if (atPlace.size === 0) this.#byPlace.delete(place)
    const ofProducer = this.#byProducer.get(producerId)!
    ofProducer.delete(place)
    if (ofProducer.size === 0) this.#byProducer.delete(producerId)
  }
}

/** Neither topics nor partition numbers contain a slash, so that no two places share a key. */
function placeOf({ groupId, topic, partition }: Pick<OffsetRecord, 'groupId' | 'topic' | 'partition'>): string {
  return `${topic}/${partition}/${groupId}`
}
