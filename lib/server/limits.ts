/** Every bound of the server, with its unit and its reason. */

/** Bounds of one listener, beside those of all together. */
export interface ListenerLimits {
  readonly connectionsMax?: number
  readonly connectionsPerSecondMax?: number
}

export interface ServerLimits {
  /** `socket.request.max.bytes`: a connection that announces a larger request is closed. */
  requestBytesMax: number
  /** `max.connections`: beyond it, new connections are closed as they come in. */
  connectionsMax: number
  /** Number of a descriptor from which on no connection may have it: the process needs the rest for files. */
  descriptorMax: number
  /** `max.connections.per.ip`, and the exceptions to it by address (`max.connections.per.ip.overrides`). */
  connectionsPerIpMax: number
  connectionsPerIpOverrides: ReadonlyMap<string, number>
  /** `max.connection.creation.rate`: connections beyond it wait until they are served. */
  connectionsPerSecondMax: number
  /** The burst: connections of so much time may come at once after an idle period. */
  connectionBurstMs: number
  /** Limits of single listeners, by name: `listener.name.<name>.max.connections` and so on. */
  ofListeners: ReadonlyMap<string, ListenerLimits>
  /** `socket.send.buffer.bytes` and `socket.receive.buffer.bytes`; 0 leaves the size to the system. Needs koffi. */
  sendBufferBytes: number
  receiveBufferBytes: number
  /** `connections.max.idle.ms`: a connection without traffic for so long is closed; negative: never. */
  connectionIdleMsMax: number
  /** Unanswered requests of one connection; beyond it the connection is not read. Pipelining clients send hundreds. */
  requestsOutstandingMax: number
  /** Bytes of one connection's unanswered requests; one larger request is served alone. Enough to keep a fast producer busy. */
  connectionRequestBytesMax: number
  /** `queued.max.request.bytes`: the same for all connections together. */
  requestBytesInFlightMax: number
  /** Bytes of requests that are received only in part, beyond those in slabs; other connections wait in a queue. */
  assemblyBytesMax: number
  /** Bytes of answers that a client has not read yet; beyond it no more of its requests are handed on until it reads. */
  replyBytesPendingMax: number
  /** How long a connection that is to be closed may take to read its last answers. */
  lingerMsMax: number
  /** How long `stop` waits for the requests in flight. */
  stopMsMax: number
  /** `socket.listen.backlog.size`: connections that the operating system queues until they are accepted. */
  listenBacklog: number
}

const MiB = 1024 * 1024

export const defaultLimits: Readonly<ServerLimits> = {
  requestBytesMax: 100 * MiB,
  connectionsMax: 2 ** 31 - 1,
  descriptorMax: Number.POSITIVE_INFINITY,
  connectionsPerIpMax: 2 ** 31 - 1,
  connectionsPerIpOverrides: new Map(),
  connectionsPerSecondMax: 2 ** 31 - 1,
  connectionBurstMs: 10_000,
  ofListeners: new Map(),
  sendBufferBytes: 0,
  receiveBufferBytes: 0,
  connectionIdleMsMax: 600_000,
  requestsOutstandingMax: 1000,
  connectionRequestBytesMax: 32 * MiB,
  requestBytesInFlightMax: 256 * MiB,
  assemblyBytesMax: 256 * MiB,
  replyBytesPendingMax: 1 * MiB,
  lingerMsMax: 10_000,
  stopMsMax: 10_000,
  listenBacklog: 511,
}
