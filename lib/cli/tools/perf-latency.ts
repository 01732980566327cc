/** `ottla perf latency`: how long it takes from sending a record until it is read again, one after the other, as Kafka's tool prints it. */
import { createTopics } from '../../admin/topics.ts'
import { systemClock } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { Consumer, recordsOf } from '../../client/consumer.ts'
import { Producer } from '../../client/producer.ts'
import type { Io } from '../io.ts'
import { consumerOptionsOf, producerOptionsOf } from './client-properties.ts'
import { Interrupts } from './interrupts.ts'
import { adminBy, connectionOptions, type Given, propertiesIn, runTool, type Tool, ToolUsageError } from './tool.ts'

const options = {
  ...connectionOptions,
  topic: { value: 'TOPIC', doc: 'the topic, which is made where it is not there; required' },
  'num-records': { value: 'COUNT', doc: 'how many records; required' },
  'producer-acks': { value: 'ACKS', doc: '1 or all; required' },
  'record-size': { value: 'BYTES', doc: 'how large they are; required' },
  'record-key-size': { value: 'BYTES', doc: 'how large their keys are (0: none)' },
  'num-headers': { value: 'COUNT', doc: 'how many headers they have (0)' },
  'record-header-key-size': { value: 'BYTES', doc: 'how large the keys of headers are (0)' },
  json: { doc: 'print progress and the total as JSON lines' },
  'record-header-size': { value: 'BYTES', doc: 'how large the values of headers are (0)' },
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'perf latency',
  about: 'how long it takes from sending a record until it is read again',
  example:
    'perf latency --bootstrap-server localhost:9092 --topic orders --num-records 10000 --producer-acks all --record-size 100',
  options,
}

/** In which order the same was given without names. */
const positions = [
  'bootstrap-server',
  'topic',
  'num-records',
  'producer-acks',
  'record-size',
  'command-config',
] as const

/** Carries out a command line; gives the exit code. */
export function perfLatency(argv: readonly string[], io: Io): Promise<number> {
  const isUnnamed = argv.length > 0 && !argv.some(word => word.startsWith('--'))
  const isPositional = isUnnamed && (argv.length === 5 || argv.length === 6)
  if (isUnnamed && !isPositional) {
    io.stderr.write(
      `Invalid number of arguments. Expected 5 or 6 positional arguments, but got ${argv.length}. Usage: ${positions.slice(0, 5).join(' ')} [optional] command-config\n`,
    )
    return Promise.resolve(1)
  }
  if (isPositional) {
    io.stdout.write(
      `WARNING: Positional argument usage is deprecated and will be removed in Apache Kafka 5.0. Please use named arguments instead: ${positions.map(name => `--${name}`).join(', ')}\n`,
    )
  }
  const named = isPositional ? argv.flatMap((word, at) => [`--${positions[at]}`, word]) : argv
  return runTool(
    tool,
    named,
    io,
    given => run(given, io),
    error => io.stderr.write(`${error.message}\n`),
  )
}

/** A record that is not read again after so long never will be. */
const readMsMax = 60_000
/** Progress is told each time that there are so many more. */
const progressRecords = 1_000

async function run(given: Given<Option>, io: Io): Promise<number> {
  for (const name of positions.slice(0, 5)) {
    if (!given.has(name)) throw new ToolUsageError(`Missing required argument "[${name}]"`)
  }
  const acks = given.one('producer-acks')!
  if (acks !== '1' && acks !== 'all')
    throw new ToolUsageError(
      "Invalid value for --producer-acks. Latency testing requires synchronous acknowledgement. Please use '1' or 'all'.",
    )
  const file = given.one('command-config')
  const properties = file === undefined ? {} : await propertiesIn(file)
  const [topic, count] = [given.one('topic')!, given.int('num-records')!]
  const routes = await adminBy(given.one('bootstrap-server')!, properties)
  const producer = new Producer({ ...producerOptionsOf({ ...properties, acks }), routes, lingerMs: 0 })
  const consumer = new Consumer({ ...consumerOptionsOf(properties), routes, reset: 'latest', maxWaitMs: readMsMax / 2 })
  let isStopped = false
  const interrupts = new Interrupts(io, () => {
    isStopped = true
    consumer.wake()
  })
  const setUp = async () => {
    if (!(await routes.metadata(null)).topics.has(topic)) {
      const words = given.has('json') ? io.stderr : io.stdout
      words.write(`Topic "${topic}" does not exist. Will create topic with 1 partition(s) and replication factor = 1\n`)
      await createTopics(routes, [{ name: topic, partitions: 1, replicationFactor: 1 }])
    }
    const partitions = await producer.find(topic)
    const ends = await import('../../admin/offsets.ts')
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
    const latest = await ends.listOffsets(routes, all, ends.offsetSpecs.latest)
    await consumer.assign(latest.map(each => ({ topic, partition: each.partition, start: each.value.offset })))
  }
  try {
    await Promise.race([setUp(), interrupts.came])
    if (isStopped) return interrupts.code ?? 0
    const flush = async () => {
      await Promise.race([producer.flush(), interrupts.came])
    }
    const latencies = await measured(given, count, producer, flush, consumer, topic, io, () => isStopped)
    print(latencies, given.has('json'), io)
    return interrupts.code ?? 0
  } finally {
    interrupts.forget()
    producer.destroy()
    await consumer.close()
    await routes.close()
  }
}

async function measured(
  given: Given<Option>,
  count: number,
  producer: Producer,
  flush: () => Promise<void>,
  consumer: Consumer,
  topic: string,
  io: Io,
  isStopped: () => boolean,
): Promise<Float64Array> {
  const random = seededRandom(0)
  const letters = (size: number) => Buffer.alloc(size, 65 + random.int(26))
  const sizeOf = (name: Option) => given.int(name) ?? 0
  const latencies = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    const value = letters(sizeOf('record-size'))
    const keyBytes = sizeOf('record-key-size')
    const headers = Array.from({ length: sizeOf('num-headers') }, () => ({
      key: letters(sizeOf('record-header-key-size')).toString(),
      value: letters(sizeOf('record-header-size')),
    }))
    const startMs = systemClock.monotonicMs()
    producer.send(topic, { timestamp: systemClock.now(), key: keyBytes > 0 ? letters(keyBytes) : null, value, headers })
    await flush()
    let batch = consumer.take()
    while (batch === null) {
      if (isStopped()) return latencies.subarray(0, index)
      if (systemClock.monotonicMs() - startMs > readMsMax)
        throw new Error(`poll() timed out before finding a result (timeout:[${readMsMax}ms])`)
      await consumer.wait(readMsMax)
      batch = consumer.take()
    }
    latencies[index] = systemClock.monotonicMs() - startMs
    const records = recordsOf(batch)
    if (records.length !== 1)
      throw new Error(`Only one result was expected during this test. We found [${records.length}]`)
    if (!records[0]!.value?.equals(value))
      throw new Error(`The message value read [${records[0]!.value}] did not match the message value sent [${value}]`)
    if (index % progressRecords === 0) {
      const figures = { type: 'progress', record: index, latencyMs: latencies[index] }
      io.stdout.write(given.has('json') ? `${JSON.stringify(figures)}\n` : `${index}\t${latencies[index]}\n`)
    }
  }
  return latencies
}

function print(latencies: Float64Array, isJson: boolean, io: Io): void {
  const average = latencies.reduce((sum, each) => sum + each, 0) / latencies.length
  const sorted = latencies.slice().sort()
  const nth = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0
  const at = (share: number) => Math.floor(nth(share))
  if (isJson) {
    const percentiles = { p50LatencyMs: nth(0.5), p99LatencyMs: nth(0.99), p999LatencyMs: nth(0.999) }
    const averageLatencyMs = latencies.length === 0 ? null : average
    const figures = { type: 'total', records: latencies.length, averageLatencyMs, ...percentiles }
    io.stdout.write(`${JSON.stringify(figures)}\n`)
    return
  }
  io.stdout.write(`Avg latency: ${average.toFixed(4)} ms\n`)
  io.stdout.write(`Percentiles: 50th = ${at(0.5)}, 99th = ${at(0.99)}, 99.9th = ${at(0.999)}\n`)
}
