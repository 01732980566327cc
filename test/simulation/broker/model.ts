/**
 * What clients were promised, and what they saw: the model that a simulated broker is held to. Nothing that was acknowledged is lost or changed,
 * an idempotent producer's records are there once and in order, each partition has one owner in a generation, commits are kept.
 */
import { readRecords } from '../../../protocol/records/batch.ts'
import { sizeInBytes } from '../../../protocol/records/header.ts'

/** A promise was broken. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

interface PartitionModel {
  /** Values by offset, as they were acknowledged or read. */
  readonly values: Map<number, string>
  /** Offsets of acknowledged values. */
  readonly acknowledged: Map<string, number>
}

export class Model {
  readonly #partitions = new Map<string, PartitionModel>()
  /** By group and generation: whose assignments were given out, by partition. */
  readonly #owners = new Map<string, Map<string, string>>()
  readonly #generations = new Map<string, number>()
  /** By group and partition: the newest offset whose commit was acknowledged, and those of which nobody knows. */
  readonly #commits = new Map<string, { acknowledged: number; unknown: Set<number> }>()
  acknowledgements = 0
  reads = 0
  assignments = 0
  commits = 0

  #partition(partition: string): PartitionModel {
    let model = this.#partitions.get(partition)
    if (!model) {
      model = { values: new Map(), acknowledged: new Map() }
      this.#partitions.set(partition, model)
    }
    return model
  }

  get partitions(): string[] {
    return [...this.#partitions.keys()]
  }

  /** A produce was acknowledged: its values are at these offsets for good. */
  acknowledge(partition: string, baseOffset: number, values: readonly string[]): void {
    const { acknowledged } = this.#partition(partition)
    values.forEach((value, i) => {
      this.saw(partition, baseOffset + i, value)
      const earlier = acknowledged.get(value)
      if (earlier !== undefined && earlier !== baseOffset + i)
        throw new Violation(`${partition}: ${value} was acknowledged at ${earlier} and at ${baseOffset + i}`)
      acknowledged.set(value, baseOffset + i)
    })
    this.acknowledgements++
  }

  /** A committed record was read, or acknowledged: nobody may ever see another one at its offset. */
  saw(partition: string, offset: number, value: string): void {
    const { values } = this.#partition(partition)
    const before = values.get(offset)
    if (before !== undefined && before !== value)
      throw new Violation(`${partition}: offset ${offset} held ${before}, and now ${value}`)
    values.set(offset, value)
  }

  /** All of a fetch's records. Gives the offset after the last one. */
  sawRecords(partition: string, records: Buffer, from: number): number {
    let next = from
    for (let at = 0; at < records.length; at += sizeInBytes(records, at)) {
      for (const record of readRecords(records, at)) {
        if (record.offset < from) continue
        if (record.offset !== next) throw new Violation(`${partition}: ${record.offset} follows ${next - 1}`)
        this.saw(partition, record.offset, String(record.value))
        next++
      }
    }
    this.reads++
    return next
  }

  /** The whole of a partition, as it is at the end. Values of idempotent producers begin with `i`; all are PRODUCER:PARTITION:NUMBER. */
  checkAll(partition: string, values: readonly string[]): void {
    const { values: seen, acknowledged } = this.#partition(partition)
    for (const [offset, value] of seen) {
      if (values[offset] !== value)
        throw new Violation(
          `${partition}: offset ${offset} held ${value}, and at the end ${values[offset] ?? 'nothing'}`,
        )
    }
    for (const [value, offset] of acknowledged) {
      if (values[offset] !== value) throw new Violation(`${partition}: ${value}, acknowledged at ${offset}, is lost`)
    }
    const last = new Map<string, number>()
    values.forEach((value, offset) => {
      const [producer, , number] = value.split(':') as [string, string, string]
      const before = last.get(producer) ?? -1
      if (producer.startsWith('i') && Number(number) <= before)
        throw new Violation(`${partition}: at ${offset} number ${number} of ${producer} follows its number ${before}`)
      last.set(producer, Math.max(before, Number(number)))
    })
  }

  /** A member was told its assignment. A static member is known by its instance: one that comes back has another id in the same generation. */
  assigned(group: string, generation: number, member: string, partitions: readonly string[]): void {
    const key = `${group} ${generation}`
    const owners = this.#owners.get(key) ?? new Map<string, string>()
    this.#owners.set(key, owners)
    for (const partition of partitions) {
      const owner = owners.get(partition)
      if (owner !== undefined && owner !== member)
        throw new Violation(`${group}, generation ${generation}: ${partition} belongs to ${owner} and to ${member}`)
      owners.set(partition, member)
    }
    const newest = this.#generations.get(group) ?? 0
    this.#generations.set(group, Math.max(newest, generation))
    this.assignments++
  }

  #commit(group: string, partition: string): { acknowledged: number; unknown: Set<number> } {
    const key = `${group} ${partition}`
    const commit = this.#commits.get(key) ?? { acknowledged: -1, unknown: new Set() }
    this.#commits.set(key, commit)
    return commit
  }

  /** A commit is under way: it may be there from now on. */
  committing(group: string, partition: string, offset: number): void {
    this.#commit(group, partition).unknown.add(offset)
  }

  committed(group: string, partition: string, offset: number): void {
    const commit = this.#commit(group, partition)
    commit.unknown.delete(offset)
    commit.acknowledged = Math.max(commit.acknowledged, offset)
    this.commits++
  }

  /** The commit was refused: it is not there. */
  refused(group: string, partition: string, offset: number): void {
    this.#commit(group, partition).unknown.delete(offset)
  }

  /** What of a group's commits may be answered to who asks now. */
  mayFetch(group: string, partition: string): { least: number; unknown: ReadonlySet<number> } {
    const { acknowledged, unknown } = this.#commit(group, partition)
    return { least: acknowledged, unknown: new Set(unknown) }
  }

  /** A committed offset was answered to somebody who asked when `may` was so. */
  fetched(group: string, partition: string, offset: number, may: ReturnType<Model['mayFetch']>): void {
    const now = this.#commit(group, partition)
    if (offset >= may.least || may.unknown.has(offset) || now.unknown.has(offset)) return
    throw new Violation(`${group} ${partition}: offset ${may.least} was committed, and ${offset} is answered`)
  }
}
