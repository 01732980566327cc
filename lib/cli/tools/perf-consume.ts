/** `ottla perf consume`: how many records a second are read, as Kafka's tool prints it. */
import { walkRecords } from '../../../protocol/records/batch.ts'
import { baseOffset, magic } from '../../../protocol/records/header.ts'
import { systemClock } from '../../base/clock.ts'
import { systemRandom } from '../../base/random.ts'
import { Consumer, type FetchedBatch, recordsOf } from '../../client/consumer.ts'
import type { Io } from '../io.ts'
import { consumerOptionsOf, groupOptionsOf, propertiesOf } from './client-properties.ts'
import { Interrupts } from './interrupts.ts'
import { byEitherWord, perfConsumerWords } from './older-words.ts'
import { type ReadSoFar, readColumns, readFigures } from './perf-stats.ts'
import { javaDate } from './times.ts'
import { adminBy, connectionOptions, type Given, runTool, type Tool, ToolUsageError } from './tool.ts'

const options = {
  ...connectionOptions,
  topic: { value: 'TOPIC', doc: 'the topic to consume' },
  include: { value: 'PATTERN', doc: 'all topics whose whole names fit a regular expression' },
  'num-records': { value: 'COUNT', doc: 'how many records to read; required' },
  group: { value: 'GROUP', doc: 'the group to be a member of (one of its own)' },
  'from-latest': { doc: 'read only what comes from now on, where the group has no offset' },
  'fetch-size': { value: 'BYTES', doc: 'how much is fetched of a partition at once (1048576)' },
  'command-property': { value: 'NAME=VALUE', multiple: true, doc: 'a property of the consumer' },
  timeout: { value: 'MS', isOptional: true, doc: 'end where no record came for so long (10000)' },
  'reporting-interval': { value: 'MS', doc: 'how often progress is told (5000)' },
  'show-detailed-stats': { doc: 'tell progress' },
  'hide-header': { doc: 'leave out the line that names the columns' },
  'date-format': { value: 'FORMAT', doc: 'how times are told (yyyy-MM-dd HH:mm:ss:SSS)' },
  'print-metrics': { doc: 'accepted' },
  json: { doc: 'print what was read, and with --show-detailed-stats progress, as JSON lines' },
  'socket-buffer-size': { value: 'BYTES', doc: 'accepted' },
  messages: { value: 'COUNT', doc: 'an older word for --num-records' },
  'consumer.config': { value: 'FILE', doc: 'an older word for --command-config' },
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'perf consume',
  about: 'how fast records are read',
  example: 'perf consume --bootstrap-server localhost:9092 --topic orders --num-records 1000000',
  options,
  dropped: {
    'broker-list': 'bootstrap-server',
    threads: { takesValue: true },
    'num-fetch-threads': { takesValue: true },
    'new-consumer': { takesValue: false },
  },
}

/** Carries out a command line; gives the exit code. */
export function perfConsume(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    argv,
    io,
    given => run(given, io),
    error => io.stderr.write(`${error.message}\n`),
  )
}

const rates = 'data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec'
const fetching = 'rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
/** Progress is looked at this often where nothing comes. */
const lookMs = 100

async function run(given: Given<Option>, io: Io): Promise<number> {
  if (!given.has('bootstrap-server')) throw new ToolUsageError('Missing required argument "[bootstrap-server]"')
  if (given.has('topic') === given.has('include'))
    throw new ToolUsageError('Exactly one of the following arguments is required: [topic], [include]')
  if (given.has('num-records') === given.has('messages'))
    throw new ToolUsageError('Exactly one of the following arguments is required: [messages], [num-records]')
  byEitherWord(given, 'num-records', 'messages', perfConsumerWords, io)
  const count = (given.long('num-records') ?? given.long('messages'))!
  const file = byEitherWord(given, 'command-config', 'consumer.config', perfConsumerWords, io).at(-1)
  const properties = {
    'client.id': 'perf-consumer-client',
    'auto.offset.reset': given.has('from-latest') ? 'latest' : 'earliest',
    'max.partition.fetch.bytes': String(given.int('fetch-size') ?? 1_048_576),
    ...(await propertiesOf(file, given.all('command-property'))),
  }
  const isDetailed = given.has('show-detailed-stats')
  if (!given.has('hide-header') && !given.has('json'))
    io.stdout.write(`${isDetailed ? 'time, threadId' : 'start.time, end.time'}, ${rates}, ${fetching}\n`)
  const routes = await adminBy(given.one('bootstrap-server')!, properties)
  const startMs = systemClock.now()
  const joining = { sinceMs: startMs, ms: 0, sinceReportMs: 0 }
  const consumer = new Consumer({
    ...consumerOptionsOf(properties),
    routes,
    group: {
      ...groupOptionsOf(given.one('group') ?? `perf-consumer-${systemRandom.int(100_000)}`, properties),
      revoking: async () => {
        joining.sinceMs = systemClock.now()
      },
      assigned: () => {
        const ms = systemClock.now() - joining.sinceMs
        joining.ms += ms
        joining.sinceReportMs += ms
      },
    },
  })
  const reading = new Reading(given, io, count, startMs, joining)
  const interrupts = new Interrupts(io, () => {
    reading.isStopped = true
    consumer.wake()
  })
  try {
    const include = given.one('include')
    const pattern = include === undefined ? null : new RegExp(`^(?:${include})$`)
    await consumer.subscribe(
      pattern === null ? { topics: [given.one('topic')!] } : { includes: name => pattern.test(name) },
    )
    await reading.run(consumer)
    return interrupts.code ?? 0
  } finally {
    interrupts.forget()
    await consumer.close()
    await routes.close()
  }
}

class Reading {
  isStopped = false
  readonly #io: Io
  readonly #count: number
  readonly #start: ReadSoFar
  readonly #joining: { ms: number; sinceReportMs: number }
  readonly #dateFormat: string
  readonly #timeoutMs: number
  readonly #reportingMs: number
  readonly #isDetailed: boolean
  readonly #isJson: boolean
  #records = 0
  #bytes = 0

  constructor(
    given: Given<Option>,
    io: Io,
    count: number,
    startMs: number,
    joining: { ms: number; sinceReportMs: number },
  ) {
    this.#io = io
    this.#count = count
    this.#start = { ms: startMs, records: 0, bytes: 0 }
    this.#joining = joining
    this.#dateFormat = given.one('date-format') ?? 'yyyy-MM-dd HH:mm:ss:SSS'
    this.#timeoutMs = (given.one('timeout') && given.long('timeout')) || 10_000
    this.#reportingMs = given.long('reporting-interval') ?? 5_000
    this.#isDetailed = given.has('show-detailed-stats')
    this.#isJson = given.has('json')
  }

  async run(consumer: Consumer): Promise<void> {
    let reported = this.#start
    let lastMs = this.#start.ms
    while (this.#records < this.#count && !this.isStopped) {
      const batch = consumer.take()
      if (batch === null) await consumer.wait(lookMs)
      else this.#add(batch)
      const now = systemClock.now()
      if (batch !== null) lastMs = now
      else if (now - lastMs > this.#timeoutMs) break
      if (batch === null || now - reported.ms < this.#reportingMs) continue
      const soFar = this.#soFar(now)
      if (this.#isDetailed) this.#tellProgress(reported, soFar)
      this.#joining.sinceReportMs = 0
      reported = soFar
    }
    if (this.#records < this.#count && !this.isStopped) {
      const sentence = `WARNING: Exiting before consuming the expected number of records: timeout (${this.#timeoutMs} ms) exceeded. `
      const words = this.#isJson ? this.#io.stderr : this.#io.stdout
      words.write(`${sentence}You can use the --timeout option to increase the timeout.\n`)
    }
    if (this.#isDetailed) return
    const end = this.#soFar(systemClock.now())
    if (this.#isJson) this.#printJson('total', { startMs: this.#start.ms, endMs: end.ms }, this.#start, end)
    else
      this.#print([this.#date(this.#start.ms), this.#date(end.ms), ...readColumns(this.#start, end, this.#joining.ms)])
  }

  #tellProgress(before: ReadSoFar, now: ReadSoFar): void {
    const joinMs = this.#joining.sinceReportMs
    if (this.#isJson) this.#printJson('progress', { timeMs: now.ms }, before, now)
    else this.#print([this.#date(now.ms), '0', ...readColumns(before, now, joinMs)])
  }

  #printJson(type: 'progress' | 'total', times: object, from: ReadSoFar, to: ReadSoFar): void {
    const joinMs = type === 'total' ? this.#joining.ms : this.#joining.sinceReportMs
    this.#io.stdout.write(`${JSON.stringify({ type, ...times, ...readFigures(from, to, joinMs) })}\n`)
  }

  #date(ms: number): string {
    return javaDate(ms, this.#dateFormat)
  }

  #soFar(ms: number): ReadSoFar {
    return { ms, records: this.#records, bytes: this.#bytes }
  }

  #print(columns: readonly string[]): void {
    this.#io.stdout.write(`${columns.join(', ')}\n`)
  }

  /** Counts the records of a batch, without making objects of them where all are wanted. */
  #add(batch: FetchedBatch): void {
    const { bytes, at, fromOffset } = batch
    if (magic(bytes, at) === 2 && baseOffset(bytes, at) >= fromOffset) {
      walkRecords(bytes, at, this.#visit, undefined, false)
      return
    }
    for (const { key, value } of recordsOf(batch)) this.#visit(0, 0, key?.length ?? -1, value?.length ?? -1)
  }

  readonly #visit = (_offset: number, _timestamp: number, keyLength: number, valueLength: number) => {
    this.#records++
    if (keyLength > 0) this.#bytes += keyLength
    if (valueLength > 0) this.#bytes += valueLength
  }
}
