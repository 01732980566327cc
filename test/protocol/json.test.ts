/** Messages as JSON, and JSON with integers that a double does not hold. */
import t from 'tap'
import { decode, encodeExact } from '../../protocol/codec.ts'
import { fromJson, toJson } from '../../protocol/json.ts'
import { parseExact, stringifyExact } from '../../protocol/json-text.ts'
import { AlterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { AlterUserScramCredentials } from '../../protocol/messages/alter-user-scram-credentials.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { Produce } from '../../protocol/messages/produce.ts'
import { SaslHandshake } from '../../protocol/messages/sasl-handshake.ts'

t.test('JSON is parsed as JSON.parse does it, but for large integers', async t => {
  for (const text of [
    '{"a":[1,-2.5e3,0,true,false,null,"x",{"b":[]},{}],"__proto__":1,"a b":" \\" \\\\ \\u00e9\\n"}',
    ' [ 1 , 2 ] ',
    '"\\\\"',
    '-0.5E-3',
    '9007199254740991',
    '1e400',
  ]) {
    t.strictSame(JSON.stringify(parseExact(text)), JSON.stringify(JSON.parse(text)), text)
  }
  t.strictSame(parseExact('[9007199254740993,-9223372036854775808,9007199254740993.0]'), [
    9007199254740993n,
    -9223372036854775808n,
    9007199254740992,
  ])
  for (const text of [
    '',
    '{',
    '[1,]',
    '[1 2]',
    '{"a"}',
    '{"a":1,}',
    '{a:1}',
    '01',
    '+1',
    '1.',
    'nul',
    '"a',
    '"a\\',
    '"\\x"',
    '"\u0001"',
    '{} {}',
    '[',
    `${'['.repeat(100_000)}`,
  ]) {
    t.throws(
      () => parseExact(text),
      { name: 'JsonError', message: /^not JSON: .*, at character \d+$/ },
      text.slice(0, 20),
    )
  }
})

t.test('JSON is printed as JSON.stringify does it, with the digits of bigints', async t => {
  const value = { a: [1, null, 'é"\\\n', { b: undefined, c: true }], d: -1.5 }
  t.equal(stringifyExact(value), JSON.stringify(value))
  t.equal(stringifyExact({ a: [2n ** 63n - 1n] }), '{"a":[9223372036854775807]}')
})

t.test('JSON that is not the message is refused with the field and what was expected there', async t => {
  const topic = { topicId: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'orders' }
  const request = {
    topics: [topic],
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: true,
    includeTopicAuthorizedOperations: true,
  }
  const refuse = (json: unknown, message: string) => t.throws(() => fromJson(Metadata.request, 10, json), { message })
  t.same(fromJson(Metadata.request, 10, request), request)
  refuse(null, 'an object is expected, not null')
  refuse([], 'an object is expected, not an array')
  refuse({ ...request, topics: 'x'.repeat(60) }, `an array is expected, not "${'x'.repeat(39)}…, in field topics`)
  refuse({ ...request, topics: [{ ...topic, name: 5 }] }, 'a string is expected, not 5, in field topics[0].name')
  refuse(
    { ...request, topics: [topic, { ...topic, topicId: 'short' }] },
    'a uuid in base64 is expected, not "short", in field topics[1].topicId',
  )
  refuse({ ...request, topics: [{ name: 'a' }] }, 'it is missing, in field topics[0].topicId')
  refuse({ topics: [] }, 'it is missing, in field allowAutoTopicCreation')
  refuse({ ...request, allowAutoTopicCreation: 0 }, 'true or false is expected, not 0, in field allowAutoTopicCreation')
  t.throws(() => fromJson(SaslHandshake.request, 0, { mechanism: null }), { message: /a string is expected, not null/ })
  const produce = { transactionalId: null, acks: 1, timeoutMs: 1, topicData: [] }
  t.throws(() => fromJson(Produce.request, 3, { ...produce, acks: 40_000 }), {
    message: 'an integer from -32768 to 32767 is expected, not 40000, in field acks',
  })
  t.throws(() => fromJson(Produce.request, 3, { ...produce, timeoutMs: 1.5 }), {
    message: /not 1.5, in field timeoutMs/,
  })
  t.throws(
    () =>
      fromJson(Produce.request, 3, {
        ...produce,
        topicData: [{ name: 'a', partitionData: [{ index: 0, records: '?' }] }],
      }),
    {
      message: 'base64 is expected, not "?", in field topicData[0].partitionData[0].records',
    },
  )
  const response = {
    responses: [{ name: 'a', partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 2n ** 63n }] }],
  }
  t.throws(() => fromJson(Produce.response, 0, response), {
    message:
      'an integer of 64 bits is expected, not 9223372036854775808, in field responses[0].partitionResponses[0].baseOffset',
  })
})

t.test('what a version lacks is passed over, and so are names that no version has', async t => {
  const bytes = encodeExact(Metadata.request, 0, fromJson(Metadata.request, 0, { topics: [], rackId: 1, other: {} }))
  t.equal(bytes.toString('hex'), '00000000')
})

t.test('doubles that JSON has no number for are strings, as in Kafka', async t => {
  const ops = ['NaN', 'Infinity', '-Infinity', 5, 1e25].map(value => ({ key: '', value, remove: false }))
  const json = { entries: [{ entity: [], ops }], validateOnly: false }
  const bytes = encodeExact(AlterClientQuotas.request, 1, fromJson(AlterClientQuotas.request, 1, json))
  t.equal(
    stringifyExact(toJson(AlterClientQuotas.request, 1, decode(AlterClientQuotas.request, 1, bytes))),
    JSON.stringify(json),
  )
})

t.test('bytes given in several buffers print as one', async t => {
  const upsertion = {
    name: 'a',
    mechanism: 1,
    iterations: 4096,
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.alloc(0),
  }
  t.match(toJson(AlterUserScramCredentials.request, 0, { deletions: [], upsertions: [upsertion] }), {
    upsertions: [{ salt: 'c2FsdA==', saltedPassword: '' }],
  })
  const records = [Buffer.from('ab'), Buffer.from('c')]
  const topicData = [
    {
      name: 'a',
      partitionData: [
        { index: 0, records },
        { index: 1, records: null },
      ],
    },
  ]
  t.match(toJson(Produce.request, 3, { transactionalId: null, acks: 1, timeoutMs: 1, topicData }), {
    topicData: [{ partitionData: [{ records: 'YWJj' }, { records: null }] }],
  })
})
