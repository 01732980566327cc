/** The judge of histories must be able to say no: each promise of transactions is broken once by hand. */
import t, { type Test } from 'tap'
import { findings } from '../../../conformance/transactions/check.ts'
import {
  type Event,
  type History,
  legsOf,
  type Placed,
  type Reading,
} from '../../../conformance/transactions/history.ts'

function send(transaction: string, partition: string, value: string): Event {
  return { type: 'send', transaction, partition, value }
}

function read(partition: string, offset: number, value: string, reader = 'r'): Event {
  return { type: 'read', reader, partition, offset, value }
}

function placed(...values: readonly (readonly [number, string])[]): Placed[] {
  return values.map(([offset, value]) => ({ offset, value }))
}

function reading(partitions: Record<string, Placed[]>, reader = 'last'): Reading {
  return { reader, partitions: new Map(Object.entries(partitions)) }
}

function copied(...inputs: readonly (readonly [index: number, offset: number, value: string])[]): Placed[] {
  return inputs.flatMap(input => legsOf(...input)).map((value, offset) => ({ offset, value }))
}

/** Two committed transactions, one that was never asked to commit, and one of which nobody knows. */
const events: readonly Event[] = [
  { type: 'session', reader: 'r' },
  send('a', 'in-0', 'a1'),
  send('a', 'in-1', 'a2'),
  { type: 'commit', transaction: 'a' },
  read('in-0', 0, 'a1'),
  { type: 'committed', transaction: 'a' },
  send('b', 'in-0', 'b1'),
  send('c', 'in-0', 'c1'),
  send('c', 'in-0', 'c2'),
  { type: 'commit', transaction: 'c' },
  { type: 'committed', transaction: 'c' },
  send('d', 'in-0', 'd1'),
  send('d', 'in-1', 'd2'),
  { type: 'commit', transaction: 'd' },
  read('in-0', 4, 'c1'),
  { type: 'session', reader: 'r' },
  read('in-0', 0, 'a1'),
]
const good = {
  'in-0': placed([0, 'a1'], [4, 'c1'], [5, 'c2'], [9, 'end']),
  'in-1': placed([0, 'a2'], [3, 'end']),
  'out-0': [...copied([0, 0, 'a1'], [1, 0, 'a2']), { offset: 8, value: 'end' }],
  'out-1': [...copied([0, 4, 'c1'], [0, 5, 'c2']), { offset: 8, value: 'end' }],
}

function judged(changed: Partial<History> & { last?: Record<string, Placed[]> }): string[] {
  const { last = good, ...others } = changed
  return findings({ events, readings: [reading(last)], source: 'in', copies: ['out'], ...others })
}

/** One finding and no other. */
function refused(t: Test, found: readonly string[], expected: RegExp): void {
  t.equal(found.length, 1, found.join('; ') || 'nothing was found')
  t.match(found[0] ?? '', expected)
}

t.test('what is committed may be seen, and what nobody knows the end of may be there or not', async t => {
  t.same(judged({}), [])
  const there = {
    ...good,
    'in-0': placed([0, 'a1'], [4, 'c1'], [5, 'c2'], [7, 'd1'], [9, 'end']),
    'in-1': placed([0, 'a2'], [2, 'd2'], [3, 'end']),
    'out-1': copied([0, 4, 'c1'], [0, 5, 'c2'], [0, 7, 'd1'], [1, 2, 'd2']),
  }
  t.same(judged({ last: there }), [])
})

t.test('a read before the commit is refused', async t => {
  const early = [...events]
  early.splice(2, 0, read('in-0', 0, 'a1', 'early'))
  refused(t, judged({ events: early }), /early read a1 .* before its transaction was asked to commit/)
})

t.test('an aborted read is refused, while running and at the end', async t => {
  const seen = judged({ events: [...events, read('in-0', 2, 'b1', 'other')] })
  t.match(seen, [/b1 .* before its transaction was asked to commit/, /b1 .*, which is not there at the end/])
  const last = {
    ...good,
    'in-0': placed([0, 'a1'], [2, 'b1'], [4, 'c1'], [5, 'c2'], [9, 'end']),
    'out-0': copied([0, 0, 'a1'], [1, 0, 'a2'], [0, 2, 'b1']),
  }
  t.match(judged({ last }), [/skipped b1/, /aborted, and there: b1/])
})

t.test('a torn transaction is refused, and a lost one', async t => {
  const torn = {
    ...good,
    'in-1': placed([3, 'end']),
    'out-0': copied([0, 0, 'a1']),
  }
  refused(t, judged({ last: torn }), /torn: of a are missing 1 of 2 records, first a2/)
  const unknown = {
    ...good,
    'in-1': placed([0, 'a2'], [2, 'd2'], [3, 'end']),
    'out-1': copied([0, 4, 'c1'], [0, 5, 'c2'], [1, 2, 'd2']),
  }
  refused(t, judged({ last: unknown }), /torn: of d are missing 1 of 2 records, first d1/)
  const lost = [send('e', 'in-1', 'e1'), { type: 'commit', transaction: 'e' }, { type: 'committed', transaction: 'e' }]
  refused(t, judged({ events: [...events, ...(lost as Event[])] }), /lost: e was committed/)
})

t.test('a doubled write is refused, and one that nobody sent', async t => {
  const doubled = {
    ...good,
    'in-1': placed([0, 'a2'], [1, 'a2'], [3, 'end']),
    'out-0': copied([0, 0, 'a1'], [1, 0, 'a2'], [1, 1, 'a2']),
  }
  t.match(judged({ last: doubled }), [/doubled: a2 at 0 .* is also a2 at 1/, /a2 comes after/].slice(0, 1))
  const strange = {
    ...good,
    'in-1': placed([0, 'a2'], [1, 'x'], [3, 'end']),
    'out-0': copied([0, 0, 'a1'], [1, 0, 'a2'], [1, 1, 'x']),
  }
  refused(t, judged({ last: strange }), /nobody sent x at 1 of in-1/)
})

t.test('a record at another place than it was sent to is refused, and records out of order', async t => {
  const elsewhere = [...events, send('e', 'in-0', 'e1'), { type: 'commit', transaction: 'e' } as const]
  const last = {
    ...good,
    'in-1': placed([0, 'a2'], [1, 'e1'], [3, 'end']),
    'out-0': copied([0, 0, 'a1'], [1, 0, 'a2'], [1, 1, 'e1']),
  }
  refused(t, judged({ events: elsewhere, last }), /e1 at 1 of in-1 was sent to in-0/)
  const turned = {
    ...good,
    'in-0': placed([0, 'a1'], [4, 'c2'], [5, 'c1'], [9, 'end']),
    'out-1': copied([0, 4, 'c2'], [0, 5, 'c1']),
  }
  t.match(judged({ last: turned }), [/c1 at 4 .* where c2 is at the end/, /in-0: c1 comes after records/])
})

t.test('a reader that skips, or goes back, is refused', async t => {
  refused(t, judged({ events: [...events, read('in-0', 5, 'c2')] }), /r read c2 .*, and skipped c1/)
  refused(t, judged({ events: [...events, read('in-0', 0, 'a1')] }), /r read a1 .* again, or out of order/)
})

t.test('two clients that read another end are refused', async t => {
  const other = { ...good, 'in-1': placed([0, 'a2']) }
  refused(t, judged({ readings: [reading(good), reading(other, 'java')] }), /in-1: last read .*end.* java read null/)
})

t.test('a copy that is lost, torn, doubled or wrong is refused, and a sum that is not 0', async t => {
  const lost = { ...good, 'out-1': copied([0, 4, 'c1']) }
  t.match(judged({ last: lost }), [/lost or torn: 0@5\|-6\|c2/, /lost or torn: 0@5\|6\|c2/])
  const torn = { ...good, 'out-1': copied([0, 4, 'c1'], [0, 5, 'c2']).slice(0, 3) }
  t.match(judged({ last: torn }), [/lost or torn: 0@5\|6\|c2/, /the sum of all is -6, not 0/])
  const doubled = { ...good, 'out-1': copied([0, 4, 'c1'], [0, 5, 'c2'], [0, 5, 'c2']) }
  t.match(judged({ last: doubled }), [/doubled: 0@5\|-6\|c2/, /doubled: 0@5\|6\|c2/])
  const wrong = { ...good, 'out-1': copied([0, 4, 'c1'], [0, 5, 'c2'], [0, 6, 'c3']) }
  t.match(judged({ last: wrong }), [/nothing says to write 0@6\|-7\|c3/, /nothing says to write 0@6\|7\|c3/])
})

t.test('a count that was kept twice, or from which something was lost, is refused', async t => {
  const counted = (numbers: readonly number[]) => {
    const legs = [...copied([0, 0, 'a1'], [1, 0, 'a2'])]
    const values = legs.map(({ offset, value }, i) => ({ offset, value: `${value}|k|${numbers[i]}` }))
    return { ...good, 'out-0': values }
  }
  t.same(judged({ last: counted([1, 2, 3, 4]) }), [])
  refused(t, judged({ last: counted([1, 2, 2, 3]) }).slice(0, 1), /account k counted 2 twice/)
  refused(t, judged({ last: counted([1, 2, 4, 5]) }), /account k left out numbers/)
})

t.test('an end that nobody read is refused', async t => {
  t.same(findings({ events, readings: [], source: 'in', copies: [] }), ['nobody read what there is at the end'])
})
