/** JSON by its source text: laid out as it is written, and looked into without rounding a number. */
import t from 'tap'
import { compareNumbers, jsonAt, jsonLines, jsonPath } from '../../lib/console/json-source.ts'

const laidOut = (text: string) =>
  jsonLines(text)?.map(({ depth, tokens }) => `${'  '.repeat(depth)}${tokens.map(token => token.text).join('')}`)

t.test(
  'JSON is laid out as it is written: numbers to the last digit, names in their order, twice where they are',
  async t => {
    t.same(laidOut('{"b":12345678901234567890.10,"a":[1,{}, []],"b":null}'), [
      '{',
      '  "b":12345678901234567890.10,',
      '  "a":[',
      '    1,',
      '    {},',
      '    []',
      '  ],',
      '  "b":null',
      '}',
    ])
    t.same(laidOut(' "a\\"b\\\\" '), ['"a\\"b\\\\"'])
    t.same(laidOut('-0.0e+5'), ['-0.0e+5'])
    t.same(laidOut('{}'), ['{}'])
  },
)

t.test('what is no JSON is told', async t => {
  for (const text of ['', '{', '{"a":}', 'abc', '{"a":1}}', '"a', '[1,]', "{'a':1}", '\u0000', 'NaN', '{"a" 1}'])
    t.equal(jsonLines(text), null, text)
})

t.test('paths are names and indexes', async t => {
  t.same(jsonPath('a.b[0]["odd name"].c-d'), ['a', 'b', 0, 'odd name', 'c-d'])
  t.same(jsonPath('$.a'), ['a'])
  t.same(jsonPath('["\\"q"]'), ['"q'])
  t.same(jsonPath(''), [])
  for (const text of ['a..b', '[x]', '[-1]', 'a b', '[0', 'a[1.5]', '["a]']) t.equal(jsonPath(text), null, text)
})

t.test('a scalar is found by its path, as it is written', async t => {
  const text =
    '{"skip":{"deep":[1,[2,{"id":0}]]},"order":{"id":9007199254740993,"lines":[{"n":"a"},{"n":"\\u0062"}]},"x":true}'
  const at = (path: string) => jsonAt(text, jsonPath(path)!)?.text ?? null
  t.equal(at('order.id'), '9007199254740993')
  t.equal(at('order.lines[1].n'), '"\\u0062"')
  t.equal(at('skip.deep[1][1].id'), '0')
  t.equal(at('x'), 'true')
  for (const missing of ['order', 'order.lines', 'y', 'order.lines[2]', 'order.lines.n', 'order[0]', 'x.y'])
    t.equal(at(missing), null, missing)
  t.equal(jsonAt('17', [])?.text, '17', 'a whole value')
  t.equal(jsonAt('{"a":', ['a']), null, 'cut off')
  t.equal(jsonAt('[1', [1]), null)
})

t.test('numbers are compared exactly', async t => {
  t.equal(compareNumbers('9007199254740993', '9007199254740992'), 1)
  t.equal(compareNumbers('-9223372036854775808', '-9223372036854775807'), -1)
  t.equal(compareNumbers('1.50', '1.5'), 0)
  t.equal(compareNumbers('1e3', '1000'), 0)
  t.ok(Number.isNaN(compareNumbers('1', 'x')))
})

t.test('what takes long to read is read in one go', async t => {
  const deep = `${'['.repeat(100_000)}1${']'.repeat(100_000)}`
  t.equal(jsonAt(deep, new Array(100_000).fill(0))?.text, '1', 'a hundred thousand levels')
  t.equal(jsonAt(`["${'\\\\'.repeat(500_000)}", 5]`, [1])?.text, '5', 'a million backslashes')
  t.equal(jsonAt(`{${'"a":1,'.repeat(100_000)}"b":2}`, ['b'])?.text, '2')
  t.equal(jsonAt(`"${'a'.repeat(1_000_000)}`, []), null, 'a string without an end')
})
