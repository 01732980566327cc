/** What address a client is told: by its listener, by how it reached the broker, and by what is published. */
import t from 'tap'
import { addressFor, parsePublished } from '../../lib/config/advertised.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { listenersOf } from '../../lib/config/listeners.ts'

interface Row {
  readonly name: string
  readonly properties?: Record<string, string>
  readonly published?: string
  readonly neighbour?: boolean
  /** host:port */
  readonly told: string
}

const rows: readonly Row[] = [
  { name: 'nothing advertised, nothing published: what it reached', told: '172.17.0.2:9092' },
  { name: 'a neighbour: what it reached', published: 'localhost:9092', neighbour: true, told: '172.17.0.2:9092' },
  { name: 'anybody else: what is published', published: 'localhost:9092', told: 'localhost:9092' },
  { name: 'a published host alone: with the port of the listener', published: 'localhost', told: 'localhost:9092' },
  { name: 'another published port', published: 'build-7:19092', told: 'build-7:19092' },
  { name: 'a published IPv6 address', published: '[::1]:19092', told: '::1:19092' },
  {
    name: 'an advertised address counts for everybody',
    properties: { 'advertised.listeners': 'PLAINTEXT://kafka:29092' },
    published: 'localhost:9092',
    told: 'kafka:29092',
  },
  {
    name: 'an advertised port without a host counts for the port',
    properties: { 'advertised.listeners': 'PLAINTEXT://:19092' },
    published: 'localhost',
    told: 'localhost:19092',
  },
  {
    name: 'the same for a neighbour',
    properties: { 'advertised.listeners': 'PLAINTEXT://:9092' },
    published: 'localhost',
    neighbour: true,
    told: '172.17.0.2:9092',
  },
  {
    name: 'a listener that is not among the advertised ones',
    properties: {
      listeners: 'PLAINTEXT://:9092,OTHER://:9093',
      'advertised.listeners': 'OTHER://kafka:9093',
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT',
    },
    published: 'localhost',
    told: 'localhost:9092',
  },
]

for (const { name, properties = {}, published, neighbour = false, told } of rows) {
  t.test(name, async t => {
    const [listener] = listenersOf(BrokerConfig.parse(properties))
    const ends = { remoteAddress: '172.17.0.9', localAddress: '172.17.0.2', localPort: 9092 }
    const given = published === undefined ? null : parsePublished(published)
    const { host, port } = addressFor(ends, listener, 9092, given, () => neighbour)
    t.equal(`${host}:${port}`, told)
  })
}

for (const bad of ['', ':9092', 'localhost:', 'localhost:0', 'localhost:65536', 'PLAINTEXT://localhost:9092', '::1']) {
  t.test(`'${bad}' is no address to publish, and the refusal shows one`, async t => {
    t.throws(() => parsePublished(bad), { message: /cannot be '.*': it takes HOST or HOST:PORT, such as localhost/ })
  })
}
