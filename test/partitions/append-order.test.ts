/** Appends behind something slow: who waits for whom. */
import t from 'tap'
import { AppendOrder } from '../../lib/partitions/append-order.ts'
import type { Partition } from '../../lib/partitions/partition.ts'
import type { AppendResult } from '../../storage/log.ts'

const [a, b] = [{ name: 'a' }, { name: 'b' }] as unknown as [Partition, Partition]

/** Appends under test: each is known by a word, and done when the test says so. */
class Lines {
  readonly order = new AppendOrder()
  readonly done: string[] = []
  readonly #gates = new Map<string, { resolve: () => void; reject: (error: Error) => void }>()

  add(word: string, partition: Partition, producerId: number): Promise<AppendResult> {
    const ready = new Promise<void>((resolve, reject) => this.#gates.set(word, { resolve, reject }))
    return this.order.add(partition, producerId, ready, () => {
      this.done.push(word)
      return {} as AppendResult
    })
  }

  async open(...words: string[]): Promise<void> {
    for (const word of words) this.#gates.get(word)!.resolve()
    await new Promise(resolve => setImmediate(resolve))
  }

  fail(word: string): void {
    this.#gates.get(word)!.reject(new Error(word))
  }
}

t.test('what one producer sent stays in order, and holds up nobody else', async t => {
  const lines = new Lines()
  for (const word of ['1 first', '1 second']) void lines.add(word, a, 1)
  void lines.add('2', a, 2)
  void lines.add('nobody', a, -1)
  await lines.open('1 second', '2', 'nobody')
  t.same(lines.done, ['2', 'nobody'])
  t.ok(lines.order.isHeldUp(a, 1))
  t.notOk(lines.order.isHeldUp(a, 2))
  await lines.open('1 first')
  t.same(lines.done, ['2', 'nobody', '1 first', '1 second'])
  t.ok(lines.order.isIdle)
})

t.test('whoever has no id stays in order with others that have none', async t => {
  const lines = new Lines()
  void lines.add('packing', a, -1)
  void lines.add('next', a, -1)
  void lines.add('elsewhere', b, -1)
  t.ok(lines.order.isHeldUp(a, -1))
  await lines.open('next', 'elsewhere')
  t.same(lines.done, ['elsewhere'])
  await lines.open('packing')
  t.same(lines.done, ['elsewhere', 'packing', 'next'])
})

t.test('one that fails is skipped by those behind it', async t => {
  const lines = new Lines()
  const first = lines.add('first', a, 1)
  void lines.add('second', a, 1)
  await lines.open('second')
  lines.fail('first')
  await t.rejects(first, { message: 'first' })
  await lines.order.settled()
  t.same(lines.done, ['second'])
})
