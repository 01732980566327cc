/** Lines of standard input: where they end, and which record each is. */
import t from 'tap'
import { seededRandom } from '../../../lib/base/random.ts'
import { LineReader, LineSplitter } from '../../../lib/cli/tools/line-reader.ts'

function split(pieces: readonly Buffer[]): string[] {
  const splitter = new LineSplitter()
  const lines = pieces.flatMap(piece => splitter.push(piece))
  const last = splitter.end()
  return [...lines, ...(last === null ? [] : [last])].map(String)
}

t.test('lines end by a newline, a carriage return or both, however the bytes are cut', async t => {
  const text = 'one\ntwo\r\n\rthree\n\nfünf\r\n\r\nlast'
  const expected = ['one', 'two', '', 'three', '', 'fünf', '', 'last']
  t.same(split([Buffer.from(text)]), expected)
  const random = seededRandom(1)
  for (let round = 0; round < 200; round++) {
    const pieces: Buffer[] = []
    for (let rest = Buffer.from(text); rest.length > 0; ) {
      const size = random.int(rest.length + 1)
      pieces.push(rest.subarray(0, size))
      rest = rest.subarray(size)
    }
    t.strictSame(split(pieces), expected)
  }
  t.same(split([Buffer.from('ended\n')]), ['ended'])
  t.same(split([]), [])
})

t.test('a line says timestamp, partition, headers, key and value, in this order', async t => {
  const reader = new LineReader({
    ...{ 'parse.timestamp': 'true', 'parse.partition': 'TRUE', 'parse.headers': 'true', 'parse.key': 'true' },
  })
  const { headers, key, value, ...rest } = reader.read(Buffer.from('CreateTime:17\tPartition:3\ta:1,b:\tkey\tvalue\tx'))
  t.same(rest, { timestamp: 17, partition: 3 })
  t.same([key, value].map(String), ['key', 'value\tx'])
  t.same(
    headers.map(header => [header.key, String(header.value)]),
    [
      ['a', '1'],
      ['b', ''],
    ],
  )
  t.throws(() => reader.read(Buffer.from('soon\t3\ta:1\tkey\tvalue')), /No timestamp found on line number 2/)
  t.throws(() => reader.read(Buffer.from('17')), /No timestamp separator found on line number 3/)
})

t.test('separators that cannot be told apart are refused', async t => {
  t.throws(() => new LineReader({ 'headers.separator': ':' }), /headers.separator and headers.key.separator/)
  t.throws(() => new LineReader({ 'null.marker': '\t' }), /null.marker and key.separator may not be equal/)
})
