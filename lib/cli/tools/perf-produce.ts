/** `ottla perf produce`: how many records a second a broker takes, and how long it takes to confirm them, as Kafka's tool prints it. */
import { resolve } from 'node:path'
import type { BatchRecord } from '../../../protocol/records/batch.ts'
import { diskFiles } from '../../../storage/files.ts'
import { systemClock } from '../../base/clock.ts'
import { type Random, seededRandom, systemRandom } from '../../base/random.ts'
import { Producer } from '../../client/producer.ts'
import type { Io } from '../io.ts'
import { producerOptionsOf, propertiesOf } from './client-properties.ts'
import { Interrupts } from './interrupts.ts'
import { byEitherWord, perfProducerWords } from './older-words.ts'
import { Pace } from './perf-pace.ts'
import { ProduceStats } from './perf-stats.ts'
import { ArgumentsError, adminBy, connectionOptions, type Given, runTool, type Tool, ToolUsageError } from './tool.ts'

const options = {
  ...connectionOptions,
  topic: { value: 'TOPIC', doc: 'the topic to produce to; required' },
  'num-records': { value: 'COUNT', doc: 'how many records; required' },
  'record-size': { value: 'BYTES', doc: 'records of chance of this size; or one of the next two' },
  'payload-file': { value: 'FILE', doc: 'records of the lines of a file, in the order of chance' },
  'payload-monotonic': { doc: 'records that are numbers which rise' },
  'payload-delimiter': { value: 'TEXT', doc: 'what stands between the records of --payload-file (\\n)' },
  throughput: { value: 'COUNT', doc: 'records a second at most; -1 for as many as there can be; required' },
  'command-property': {
    value: 'NAME=VALUE ...',
    multiple: true,
    doc: 'properties of the producer, several after one option too',
  },
  'transactional-id': { value: 'ID', doc: 'produce in transactions of this id' },
  'transaction-duration-ms': { value: 'MS', doc: 'how long each transaction is (3000)' },
  'warmup-records': { value: 'COUNT', doc: 'the first records, which another summary leaves out (0)' },
  'reporting-interval': { value: 'MS', doc: 'how often progress is told (5000)' },
  'key-distribution': {
    value: 'WORD',
    doc: 'none for no keys, range for keys in turn, random for keys of chance (none)',
  },
  'record-key-range': { value: 'COUNT', doc: 'how many keys there are' },
  'random-seed': { value: 'NUMBER', doc: 'what chance begins with (0)' },
  'print-metrics': { doc: 'accepted' },
  json: { doc: 'print progress and totals as JSON lines' },
  'producer-props': { value: 'NAME=VALUE ...', multiple: true, doc: 'an older word for --command-property' },
  'producer.config': { value: 'FILE', doc: 'an older word for --command-config' },
} as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'perf produce',
  about: 'how fast a broker takes records',
  example:
    'perf produce --bootstrap-server localhost:9092 --topic orders --num-records 1000000 --record-size 100 --throughput -1',
  options,
}

const olderOptions = [
  ['command-property', 'producer-props'],
  ['command-config', 'producer.config'],
] as const

/** Carries out a command line; gives the exit code. */
export function perfProduce(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    tool,
    eachWithItsName(argv),
    io,
    async given => {
      // Kafka's says so in the form of its tools that take commands.
      for (const [name, older] of olderOptions) {
        if (given.has(name) && given.has(older)) throw new ArgumentsError(perfProducerWords.both(older, name))
      }
      return run(given, io)
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

/** Several assignments may follow one option: it is put before each. */
function eachWithItsName(argv: readonly string[]): string[] {
  const words: string[] = []
  let many = ''
  for (const word of argv) {
    if (word.startsWith('--')) {
      many = word === '--command-property' || word === '--producer-props' ? word : ''
      if (many === '') words.push(word)
    } else if (many !== '') words.push(many, word)
    else words.push(word)
  }
  return words
}

function required(given: Given<Option>, name: Option): string {
  const text = given.one(name)
  if (text === undefined) throw new ToolUsageError(`argument --${name} is required`)
  return text
}

interface Asked {
  readonly topic: string
  readonly count: number
  readonly warmup: number
  readonly throughput: number
  readonly reportingMs: number
  readonly properties: Readonly<Record<string, string>>
  readonly bootstrap: string
  readonly transactionMs: number | null
  readonly payload: (index: number) => Buffer
  readonly key: (index: number) => Buffer | null
}

async function askedOf(given: Given<Option>, io: Io): Promise<Asked> {
  const topic = required(given, 'topic')
  required(given, 'num-records')
  const throughput = Number(required(given, 'throughput'))
  if (Number.isNaN(throughput)) throw new ToolUsageError('argument --throughput: not a number')
  const texts = byEitherWord(given, 'command-property', 'producer-props', perfProducerWords, io)
  const file = byEitherWord(given, 'command-config', 'producer.config', perfProducerWords, io).at(-1)
  const properties: Record<string, string> = {
    'client.id': 'perf-producer-client',
    ...(await propertiesOf(file, texts)),
  }
  const bootstrap = given.one('bootstrap-server') ?? properties['bootstrap.servers']
  if (bootstrap === undefined) {
    throw new ArgumentsError(
      'At least one of --bootstrap-server, -- command-property, --producer-props, --producer.config or --command-config must be specified.',
    )
  }
  const count = given.long('num-records')!
  const warmup = Math.max(0, given.long('warmup-records') ?? 0)
  if (count <= 0) throw new ToolUsageError('--num-records should be greater than zero')
  if (warmup >= count) {
    throw new ToolUsageError(
      'The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.',
    )
  }
  const durationMs = given.long('transaction-duration-ms')
  if (durationMs !== undefined && durationMs <= 0)
    throw new ToolUsageError('--transaction-duration-ms should be greater than zero')
  const transactionalId = given.one('transactional-id') ?? properties['transactional.id']
  const isTransactional = durationMs !== undefined || transactionalId !== undefined
  if (isTransactional) {
    properties['transactional.id'] = transactionalId ?? `performance-producer-${systemRandom.uuid()}`
  }
  const random = seededRandom(given.int('random-seed') ?? 0)
  return {
    ...{ topic, count, warmup, throughput, properties, bootstrap },
    reportingMs: given.long('reporting-interval') ?? 5_000,
    transactionMs: isTransactional ? (durationMs ?? 3_000) : null,
    payload: payloadOf(given, count, random, io),
    key: keyOf(given, random),
  }
}

/** The most letters of chance, of which each record has its part: to draw them costs 10 ms a megabyte. */
const letterBytesMax = 4 * 1024 * 1024

function payloadOf(given: Given<Option>, count: number, random: Random, io: Io): (index: number) => Buffer {
  const ways = (['record-size', 'payload-file', 'payload-monotonic'] as const).filter(name => given.has(name))
  if (ways.length !== 1) {
    throw new ToolUsageError(
      'Note that you must provide exactly one of --record-size, --payload-file or --payload-monotonic.',
    )
  }
  if (given.has('payload-monotonic')) return index => Buffer.from(String(index))
  const file = given.one('payload-file')
  if (file !== undefined) {
    const delimiter = given.one('payload-delimiter') ?? '\n'
    const words = given.has('json') ? io.stderr : io.stdout
    words.write(`Reading payloads from: ${resolve(file)}\n`)
    const content = diskFiles.read(file)
    if (content === null || content.length === 0) throw new Error('File does not exist or empty file provided.')
    const texts = content.toString('utf8').split(delimiter)
    if (texts.at(-1) === '') texts.pop()
    const payloads = texts.map(text => Buffer.from(text))
    words.write(`Number of records read: ${payloads.length}\n`)
    return () => payloads[random.int(payloads.length)]!
  }
  const size = given.int('record-size')!
  if (size <= 0) throw new ToolUsageError('--record-size should be greater than zero')
  const letters = random.bytes(Math.max(Math.min(letterBytesMax, count * size), 2 * size))
  for (let at = 0; at < letters.length; at++) letters[at] = 65 + (letters[at]! % 26)
  let at = 0
  return () => {
    if (at + size > letters.length) at = random.int(size)
    at += size
    return letters.subarray(at - size, at)
  }
}

function keyOf(given: Given<Option>, random: Random): (index: number) => Buffer | null {
  const word = given.one('key-distribution') ?? 'none'
  if (word === 'none') return () => null
  const range = given.int('record-key-range') ?? 0
  if ((word !== 'range' && word !== 'random') || range <= 0) {
    throw new ToolUsageError('--key-distribution is none, or range or random with a --record-key-range above zero')
  }
  return word === 'range' ? index => Buffer.from(String(index % range)) : () => Buffer.from(String(random.int(range)))
}

/** One that belongs to the steady state was sent after those that warm up: some of those are confirmed later. */
interface SentRecord extends BatchRecord {
  readonly isSteady: boolean
}

async function run(given: Given<Option>, io: Io): Promise<number> {
  const asked = await askedOf(given, io)
  const routes = await adminBy(asked.bootstrap, asked.properties)
  const print = (line: string, figures?: object) => {
    if (!given.has('json')) io.stdout.write(`${line}\n`)
    else if (figures !== undefined) io.stdout.write(`${JSON.stringify(figures)}\n`)
  }
  if (asked.warmup > 0) {
    print(`Warmup first ${asked.warmup} records. Steady state results will print after the complete test summary.`)
  }
  let stats: ProduceStats | null = null
  let steady: ProduceStats | null = null
  const producer = new Producer<SentRecord>({
    ...producerOptionsOf(asked.properties),
    routes,
    delivered: ({ records, error }) => {
      if (isStopped) return
      const now = systemClock.now()
      if (error) io.stderr.write(`${error.message}\n`)
      else
        for (const { timestamp, value, isSteady } of records) {
          stats!.record(now - timestamp, value!.length, now)
          if (isSteady) steady!.record(now - timestamp, value!.length, now)
        }
    },
  })
  let isStopped = false
  let pace: Pace | null = null
  const interrupts = new Interrupts(io, () => {
    isStopped = true
    pace?.stop()
  })
  const work = async () => {
    // As Kafka's tool has it, the first record waits for the metadata of its topic, and that counts; the epoch of a transactional producer is there already.
    if (asked.transactionMs !== null) await producer.begin()
    const startMs = systemClock.now()
    pace = new Pace(asked.throughput, systemClock)
    await producer.find(asked.topic)
    const running = new ProduceStats(asked.count, startMs, asked.reportingMs, print)
    stats = running
    await send(
      asked,
      producer,
      startMs,
      pace,
      () => isStopped,
      () => {
        steady = new ProduceStats(asked.count - asked.warmup, systemClock.now(), asked.reportingMs, print, true)
        running.isQuiet = true
      },
    )
    await producer.flush()
  }
  try {
    // Who is interrupted waits for nothing: what is not confirmed by then does not count.
    await Promise.race([work(), interrupts.came])
    const now = systemClock.now()
    for (const each of [stats, steady] as (ProduceStats | null)[]) each?.printTotal(now)
    return interrupts.code ?? 0
  } finally {
    interrupts.forget()
    isStopped = true
    producer.destroy()
    await routes.close()
  }
}

/** After so many bytes the sockets have their turn. */
const turnBytes = 65_536

async function send(
  asked: Asked,
  producer: Producer<SentRecord>,
  firstTimestamp: number,
  pace: Pace,
  isStopped: () => boolean,
  warm: () => void,
): Promise<void> {
  const { topic, count, warmup, transactionMs } = asked
  let transactionStartMs = systemClock.monotonicMs()
  let isOpen = transactionMs !== null
  let turn = 0
  for (let index = 0; index < count && !isStopped(); index++) {
    if (transactionMs !== null && !isOpen) {
      await producer.begin()
      isOpen = true
      transactionStartMs = systemClock.monotonicMs()
    }
    const value = asked.payload(index)
    if (warmup > 0 && index === warmup) warm()
    const timestamp = index === 0 ? firstTimestamp : systemClock.now()
    const isSteady = warmup > 0 && index >= warmup
    const hasRoom = producer.send(topic, { timestamp, key: asked.key(index), value, isSteady })
    if (!hasRoom) await producer.room()
    turn += value.length
    if (turn >= turnBytes) {
      turn = 0
      await new Promise<void>(resolve => systemClock.immediate(resolve))
    }
    if (transactionMs !== null && systemClock.monotonicMs() - transactionStartMs >= transactionMs) {
      await producer.commit()
      isOpen = false
    }
    const wait = pace.due(index + 1)
    if (wait !== null) await wait
  }
  if (isOpen) await producer.commit()
}
