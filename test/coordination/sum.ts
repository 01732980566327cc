/** The smallest shard there is, and how its records look in the log. */
import { Deadlines } from '../../lib/base/deadlines.ts'
import type { ImageDelta } from '../../lib/cluster/image.ts'
import type { Outcome } from '../../lib/coordination/shard.ts'

/** A shard that adds up numbers, as small as one can be. */
export class Sum {
  total = 0
  readonly timers = new Deadlines<number>()
  readonly waiting: ((response: string) => void)[] = []
  readonly open = new Map<number, number>()
  reverted: number[] = []
  /** Numbers to be added bit by bit, one in each step. */
  readonly chores: number[] = []
  readonly images: ImageDelta[] = []
  /** Parts of what is to be done before work begins. */
  beginnings = 0

  replay(record: number, producerId: number): void {
    if (producerId >= 0) this.open.set(producerId, (this.open.get(producerId) ?? 0) + record)
    else this.total += record
  }

  endTransaction(producerId: number, committed: boolean): void {
    if (committed) this.total += this.open.get(producerId) ?? 0
    this.open.delete(producerId)
  }

  begin(): boolean {
    return this.beginnings-- > 0
  }

  loaded(): Outcome<number, null> {
    return { records: [], response: null }
  }

  revert(records: readonly number[], errorCode: number): void {
    this.reverted.push(...records)
    this.answerAll(`reverted ${errorCode}`)
  }

  close(errorCode: number): void {
    this.answerAll(`closed ${errorCode}`)
    this.timers.clear()
  }

  imageChanged(delta: ImageDelta): void {
    this.images.push(delta)
    this.chores.push(...delta.deleted.map(({ name }) => Number(name)))
  }

  get hasWork(): boolean {
    return this.chores.length > 0
  }

  work(): Outcome<number, null> {
    return { records: this.chores.splice(0, 1), response: null }
  }

  get nextTimerMs(): number {
    return this.timers.nextMs()
  }

  expire({ monotonicMs }: { monotonicMs: number }): Outcome<number, null> | null {
    const record = this.timers.expireOne(monotonicMs)
    if (record === undefined) return null
    this.answerAll(`timer ${record}`)
    return { records: [record], response: null }
  }

  answerAll(response: string): void {
    for (const reply of this.waiting.splice(0)) reply(response)
  }
}

/** Numbers as text under one key; some keys are other shards', or cannot be read. */
export const format = {
  encode: (record: number) => ({ key: Buffer.from('n'), value: Buffer.from(String(record)) }),
  decode: (key: Buffer, value: Buffer | null) => {
    if (key.toString() === 'other') return null
    if (key.toString() === 'bad') return key.readInt32BE(0)
    return Number(value)
  },
}
