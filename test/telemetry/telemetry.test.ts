/** Client telemetry: subscriptions are matched and told, pushes are judged and become figures, and bytes of any kind end in an answer. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { ClientTelemetry } from '../../lib/telemetry/client-telemetry.ts'
import { metricsIn } from '../../lib/telemetry/otlp.ts'
import { Patterns, subscriptionOf } from '../../lib/telemetry/subscriptions.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'
import { compress } from '../../protocol/records/compression.ts'

const noId = 'AAAAAAAAAAAAAAAAAAAAAA'
const description = {
  client_id: 'app-1',
  client_software_name: 'apache-kafka-java',
  client_software_version: '4.4.0',
  client_source_address: '127.0.0.1',
  client_source_port: '5000',
}
const labels = { ...description, client_instance_id: 'i' }

/** A field of protocol buffers. */
function message(number: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(content.length), content])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value & 127) | 128)
  return Buffer.from([...bytes, value])
}

const text = (number: number, value: string) => message(number, Buffer.from(value))

function doublePoint(value: number, label: string): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = 4 * 8 + 1
  bytes.writeDoubleLE(value, 1)
  return message(1, message(7, text(1, 'topic'), message(2, text(1, label))), bytes)
}

function intPoint(value: bigint): Buffer {
  const bytes = Buffer.alloc(9)
  bytes[0] = 6 * 8 + 1
  bytes.writeBigInt64LE(value, 1)
  return message(1, bytes)
}

const pushed = message(
  1,
  message(
    2,
    message(2, text(1, 'org.apache.kafka.producer.record.total'), message(7, doublePoint(2.5, 'a'), intPoint(-7n))),
    message(2, text(1, 'org.apache.kafka.producer.age'), message(5, intPoint(3n))),
  ),
)

function telemetry(settings: readonly Readonly<Record<string, string>>[]) {
  const clock = new ManualClock()
  const subscriptions = settings.map(each => new Map(Object.entries(each)))
  const options = { subscriptions: () => subscriptions, bytesMax: () => 1_000, clock, random: seededRandom(1) }
  return { clock, subscriptions, telemetry: new ClientTelemetry(options) }
}

t.test('subscriptions that match are taken together', async t => {
  const patterns = new Patterns()
  const of = async (...settings: readonly Readonly<Record<string, string>>[]) => {
    const subscriptions = settings.map(each => new Map(Object.entries(each)))
    await patterns.prepare(subscriptions)
    return subscriptionOf(subscriptions, labels, patterns)
  }
  t.match(await of(), { metrics: [], pushIntervalMs: 300_000 })
  t.match(await of({ metrics: 'b,a', 'interval.ms': '1000' }, { metrics: 'c', 'interval.ms': '500' }), {
    metrics: ['a', 'b', 'c'],
    pushIntervalMs: 500,
  })
  t.same((await of({ metrics: 'a' }, { metrics: '*' })).metrics, ['*'])
  t.same((await of({ metrics: 'a', match: 'client_id=app-.*,client_software_name=apache-kafka-java' })).metrics, ['a'])
  t.same((await of({ metrics: 'a', match: 'client_id=app' })).metrics, [], 'a pattern stands for all of it')
  t.same((await of({ metrics: 'a', match: 'client_id=app-.*,client_source_port=1' })).metrics, [])
  t.same((await of({ metrics: 'a', match: 'client_id=app-(?=1)1' })).metrics, [], 'what only Java has matches nobody')
  t.not((await of({ metrics: 'a' })).id, (await of({ metrics: 'b' })).id)
  t.equal((await of({ metrics: 'a' })).id, (await of({ metrics: 'a' })).id)
})

t.test('what a client pushes becomes figures', async t => {
  const { telemetry: it, clock } = telemetry([{ metrics: '*', 'interval.ms': '1000' }])
  const { instanceId, subscription } = it.subscribe(noId, description)
  t.not(instanceId, noId)
  const request = {
    subscriptionId: subscription.id,
    terminating: false,
    compressionType: 1,
    metrics: compress('gzip', pushed),
  }
  it.push(instanceId, description, request)
  t.same(
    [...it.metrics()].map(({ name, tags, value }) => [name, tags.topic ?? '', value]),
    [
      ['clients', '', 1],
      ['org.apache.kafka.producer.record.total', 'a', 2.5],
      ['org.apache.kafka.producer.record.total', '', -7],
      ['org.apache.kafka.producer.age', '', 3],
    ],
  )
  clock.advance(3_001)
  t.equal([...it.metrics()].length, 1, 'old figures are not told')
  it.push(instanceId, description, request)
  t.equal([...it.metrics()].length, 4)
  it.push(instanceId, description, { ...request, terminating: true })
  t.equal([...it.metrics()].length, 1, 'the figures of who is gone are gone')
})

t.test('requests are judged in the order in which Kafka does', async t => {
  const { telemetry: it, clock, subscriptions } = telemetry([{ metrics: 'a', 'interval.ms': '1000' }])
  const { instanceId, subscription } = it.subscribe(noId, description)
  const request = { subscriptionId: subscription.id, terminating: false, compressionType: 0, metrics: pushed }
  const push =
    (changed: Partial<typeof request> = {}, id = instanceId) =>
    () =>
      it.push(id, description, { ...request, ...changed })
  t.throws(() => it.subscribe(instanceId, description), { code: codes.THROTTLING_QUOTA_EXCEEDED })
  t.throws(push({}, noId), { code: codes.INVALID_REQUEST })
  push()()
  t.throws(push(), { code: codes.THROTTLING_QUOTA_EXCEEDED })
  clock.advance(1_000)
  t.throws(push({ subscriptionId: 1 }), { code: codes.UNKNOWN_SUBSCRIPTION_ID })
  t.equal(it.subscribe(instanceId, description).instanceId, instanceId, 'then it may ask at once')
  t.throws(push({ compressionType: 9 }), { code: codes.UNSUPPORTED_COMPRESSION_TYPE })
  t.throws(push({ metrics: Buffer.alloc(1_001) }), { code: codes.TELEMETRY_TOO_LARGE })
  t.throws(push({ compressionType: 1 }), { code: codes.INVALID_RECORD })
  t.throws(push({ compressionType: 1, metrics: compress('gzip', Buffer.alloc(100_000)) }), {
    code: codes.INVALID_RECORD,
  })
  subscriptions.push(new Map([['metrics', 'b']]))
  t.throws(push(), { code: codes.UNKNOWN_SUBSCRIPTION_ID }, 'it is to push something else by now')
  const { subscription: next } = it.subscribe(instanceId, description)
  push({ subscriptionId: next.id, terminating: true })()
  t.throws(push({ subscriptionId: next.id }), { code: codes.INVALID_REQUEST }, 'the last was the last')
})

t.test('bytes that are no metrics are refused, and never read for long', async t => {
  const random = seededRandom(714)
  for (let round = 0; round < 2_000; round++) {
    const bytes = Buffer.from(pushed)
    for (let count = 0; count < 3; count++)
      bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256)
    const cut = bytes.subarray(0, Math.floor(random.next() * (bytes.length + 1)))
    try {
      metricsIn(cut, 100)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  const many = message(
    1,
    message(2, message(2, text(1, 'm'), message(7, ...new Array<Buffer>(500).fill(intPoint(1n))))),
  )
  t.equal(metricsIn(many, 100).length, 100)
})
