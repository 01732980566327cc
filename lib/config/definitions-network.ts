/** Listeners, connections and requests. */
import { connectionOverrides } from './checks.ts'
import { int, intMax, list, long, string } from './property.ts'

/** Rows in the order of their names. */
export const networkProperties = {
  'advertised.listeners': list(null, {
    importance: 'high',
    emptyAllowed: false,
    doc: 'The addresses that clients are told; where none is set, each client is told the one that it dialled.',
  }),
  'connections.max.idle.ms': long(600_000, { doc: 'A connection without a request for so long is closed.' }),
  'delete.records.purgatory.purge.interval.requests': int(1),
  'fetch.max.bytes': int(57_671_680, { min: 1024, doc: 'The most that one fetch is answered with.' }),
  'fetch.purgatory.purge.interval.requests': int(1000),
  'inter.broker.listener.name': string(null, { doc: 'The listener that brokers use among themselves.' }),
  'listener.security.protocol.map': string(
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    { importance: 'low', updateMode: 'per-broker', doc: 'Which security protocol each listener name speaks.' },
  ),
  listeners: list(['PLAINTEXT://:9092'], {
    importance: 'high',
    emptyAllowed: false,
    updateMode: 'per-broker',
    doc: 'Where the broker listens: NAME://host:port, separated by commas; port 0 picks a free one.',
  }),
  'max.connection.creation.rate': int(intMax, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'New connections in a second; more wait until they are served. listener.name.<name>. before it is for one listener.',
  }),
  'max.connections': int(intMax, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'Connections to the broker at any time; of one listener with listener.name.<name>. before it.',
  }),
  'max.connections.per.ip': int(intMax, {
    updateMode: 'cluster-wide',
    min: 0,
    doc: 'Connections from one address at any time.',
  }),
  'max.connections.per.ip.overrides': string('', {
    check: connectionOverrides,
    updateMode: 'cluster-wide',
    doc: 'Other limits for certain addresses: address:count, separated by commas.',
  }),
  'max.incremental.fetch.session.cache.slots': int(1000, {
    min: 0,
    doc: 'Fetch sessions that are remembered at once.',
  }),
  'max.request.partition.size.limit': int(2000, {
    min: 1,
    doc: 'The most partitions in one answer that describes topics page by page.',
  }),
  'num.io.threads': int(8, { importance: 'high', updateMode: 'cluster-wide', min: 1 }),
  'num.network.threads': int(3, { importance: 'high', updateMode: 'cluster-wide', min: 1 }),
  'producer.purgatory.purge.interval.requests': int(1000),
  'queued.max.request.bytes': long(-1, {
    doc: 'Bytes of requests that may wait at once, over all connections; -1 leaves the bound to the broker.',
  }),
  'queued.max.requests': int(500, { importance: 'high', min: 1 }),
  'request.timeout.ms': int(30_000, { importance: 'high' }),
  'socket.connection.setup.timeout.max.ms': long(30_000),
  'socket.connection.setup.timeout.ms': long(10_000),
  'socket.listen.backlog.size': int(50, { min: 1, doc: 'Connections that may wait to be accepted.' }),
  'socket.receive.buffer.bytes': int(102_400, {
    importance: 'high',
    doc: 'What the system keeps of a connection that was not read yet, where koffi is installed; -1, or unset: as it likes.',
  }),
  'socket.request.max.bytes': int(104_857_600, {
    importance: 'high',
    min: 1,
    doc: 'The largest request that is read; a larger one closes its connection.',
  }),
  'socket.send.buffer.bytes': int(102_400, {
    importance: 'high',
    doc: 'What the system keeps of a connection that was not sent yet, where koffi is installed; -1, or unset: as it likes.',
  }),
}
