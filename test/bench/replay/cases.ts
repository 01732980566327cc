/** What is measured: the standing cases, and the settings that the command line changes in them. */
import type { Codec } from '../../../protocol/records/compression.ts'

/** One kind of load. */
export interface Case {
  readonly name: string
  /** What it sends: produces, fetches from the beginning of what was produced before, or both at the tail. */
  readonly kind: 'produce' | 'fetch' | 'tail'
  /** Bytes of each record's value. */
  readonly recordBytes: number
  readonly recordsPerBatch: number
  readonly acks: -1 | 0 | 1
  readonly codec: Codec
  readonly idempotent: boolean
  readonly partitions: number
  /** Connections that produce, for `fetch` those that consume. */
  readonly connections: number
  /** For `tail`: connections that consume. */
  readonly consumers: number
  /** Produces under way at once on each connection. */
  readonly window: number
  /** Produces a second of all connections together, Infinity for as many as go. */
  readonly rate: number
  /** Bytes that one fetch may bring. */
  readonly fetchBytesMax: number
  /** How long at most, and how many bytes at most; whichever comes first. */
  readonly seconds: number
  readonly megabytes: number
  readonly warmUpSeconds: number
  /** Whether the machine's memory that it will write to is made warm before: see warm-memory.ts. */
  readonly warmMemory: boolean
  /** For `fetch`: bytes to have in the topic. */
  readonly topicMegabytes: number
}

const base: Case = {
  name: '',
  kind: 'produce',
  recordBytes: 1024,
  recordsPerBatch: 15,
  acks: -1,
  codec: 'none',
  idempotent: false,
  partitions: 1,
  connections: 4,
  consumers: 1,
  window: 5,
  rate: Number.POSITIVE_INFINITY,
  fetchBytesMax: 1024 * 1024,
  seconds: 5,
  megabytes: 512,
  warmUpSeconds: 1.5,
  warmMemory: false,
  topicMegabytes: 256,
}

export const cases: readonly Case[] = [
  { ...base, name: 'produce-100b-16k', recordBytes: 100, recordsPerBatch: 150 },
  { ...base, name: 'produce-1k-16k' },
  { ...base, name: 'produce-1k-16k-one', connections: 1, window: 1 },
  { ...base, name: 'produce-1k-16k-idempotent', idempotent: true },
  { ...base, name: 'produce-1k-16k-6-partitions', partitions: 6, idempotent: true },
  { ...base, name: 'produce-1k-16k-1000-partitions', partitions: 1000 },
  { ...base, name: 'produce-1k-16k-lz4', recordsPerBatch: 45, codec: 'lz4' },
  { ...base, name: 'produce-1k-16k-zstd', recordsPerBatch: 45, codec: 'zstd' },
  { ...base, name: 'produce-1k-16k-snappy', recordsPerBatch: 45, codec: 'snappy' },
  { ...base, name: 'produce-1k-16k-gzip', recordsPerBatch: 45, codec: 'gzip' },
  { ...base, name: 'produce-1k-16k-acks-0', acks: 0, connections: 2 },
  { ...base, name: 'produce-1k-16k-acks-1', acks: 1 },
  { ...base, name: 'produce-1k-128k', recordsPerBatch: 125 },
  { ...base, name: 'produce-100b-1m', recordBytes: 100, recordsPerBatch: 9000, connections: 2, window: 3 },
  { ...base, name: 'produce-1k-1m', recordsPerBatch: 960, connections: 2, window: 3 },
  { ...base, name: 'produce-10k-1m', recordBytes: 10_240, recordsPerBatch: 96, connections: 2, window: 3 },
  { ...base, name: 'single-pipelined', recordBytes: 100, recordsPerBatch: 1, acks: 1, window: 100 },
  { ...base, name: 'single-1', recordBytes: 100, recordsPerBatch: 1, acks: 1, connections: 1, window: 1 },
  { ...base, name: 'single-50', recordBytes: 100, recordsPerBatch: 1, acks: 1, connections: 50, window: 1 },
  { ...base, name: 'single-100', recordBytes: 100, recordsPerBatch: 1, acks: 1, connections: 100, window: 1 },
  { ...base, name: 'single-5000', recordBytes: 100, recordsPerBatch: 1, acks: 1, connections: 5000, window: 1 },
  { ...base, name: 'fetch-1k-1m', kind: 'fetch', recordsPerBatch: 960, megabytes: 6144 },
  { ...base, name: 'fetch-1k-1m-of-16k', kind: 'fetch', megabytes: 6144 },
  { ...base, name: 'fetch-1k-64k', kind: 'fetch', fetchBytesMax: 65_536, megabytes: 6144 },
  {
    ...base,
    name: 'tail-1000',
    kind: 'tail',
    recordBytes: 100,
    recordsPerBatch: 1,
    connections: 1,
    rate: 1000,
    window: 1000,
  },
  // About half of what Apache Kafka reaches at most under this load, on two cores.
  { ...base, name: 'tail-at-half-load', kind: 'tail', connections: 2, rate: 2400, window: 200 },
  { ...base, name: 'tail-16k', kind: 'tail', connections: 1, consumers: 3, window: 2 },
]
