/** Values that are to come: who is told of them, and when. */
import t from 'tap'
import { Deferred } from '../../lib/base/deferred.ts'

/** Keeps what it is told. */
class Told {
  readonly values: unknown[] = []
  readonly errors: unknown[] = []

  resolved(value: unknown): void {
    this.values.push(value)
  }

  rejected(error: unknown): void {
    this.errors.push(error)
  }
}

t.test('whoever listens is told in the callback that settles it, and once', async t => {
  const value = new Deferred<number>()
  const told = new Told()
  value.whenSettled(told)
  value.resolve(1)
  t.same(told, { values: [1], errors: [] })
  value.resolve(2)
  value.reject(3)
  t.same(told, { values: [1], errors: [] })

  const error = new Deferred<number>()
  error.whenSettled(told)
  error.reject(4)
  t.same(told, { values: [1], errors: [4] })
})

t.test('whoever comes after it was settled is told at once', async t => {
  const [value, error] = [new Deferred<string>(), new Deferred<string>()]
  value.resolve('a')
  error.reject('b')
  const told = new Told()
  for (const each of [value, error]) each.whenSettled(told)
  t.same(told, { values: ['a'], errors: ['b'] })
})
