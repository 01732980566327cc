/** What faults do to bytes. */
import t from 'tap'
import { copyOf, corrupted, truncated } from '../../lib/testing/faults/bytes.ts'

const inFile = {
  ...{ length: 4, fd: 3, position: 100 },
  read: (into: Buffer, length: number, from: number) => Buffer.from([5, 6, 7, 8]).copy(into, 0, from, from + length),
}
/** A size, a correlation id and a body, the last of which lies in a file. */
const answer = [Buffer.from([0, 0, 0, 10, 0, 0, 0, 1, 3, 4]), inFile]

t.test('an answer is cut off from its end, also where that lies in a file', async t => {
  t.same([...truncated(answer, 12)[0]!], [0, 0, 0, 10, 0, 0, 0, 1, 3, 4, 5, 6])
  t.same([...truncated(answer, 0)[0]!], [])
  t.equal(truncated(answer, 99)[0]!.length, 14)
})

t.test('one byte of an answer is another, and the original is left alone', async t => {
  const changed = (place: number | true, draw = (_max: number) => 0) => {
    const bytes = corrupted(answer, place, draw)[0]!
    return [...bytes].flatMap((byte, i) => (byte === [...truncated(answer, 99)[0]!][i] ? [] : [i]))
  }
  t.same(changed(0), [4], 'counted from behind the size')
  t.same(changed(-1), [13], 'or from the end')
  t.same(changed(99), [13])
  t.same(changed(-99), [4])
  t.same(changed(true), [8], 'drawn behind the header')
  t.same(
    changed(true, max => max - 1),
    [13],
  )
})

t.test('a copy of a request shares no bytes with it', async t => {
  const request = { acks: 1, name: null, topicData: [{ partitionData: [{ index: 0, records: Buffer.from('abc') }] }] }
  const copy = copyOf(request)
  request.topicData[0]!.partitionData[0]!.records.fill(0)
  t.equal(String(copy.topicData[0]!.partitionData[0]!.records), 'abc')
  t.match(copy, { acks: 1, name: null })
})
