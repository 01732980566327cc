/** `ottla produce`: lines of standard input become records of a topic, with the options and output of Kafka's console producer. */
import { codeName, codes, KafkaError } from '../../../protocol/errors.ts'
import { systemClock } from '../../base/clock.ts'
import { type Delivery, Producer } from '../../client/producer.ts'
import type { Io } from '../io.ts'
import { numberOf, producerOptionsOf } from './client-properties.ts'
import { Interrupts } from './interrupts.ts'
import { LineReader, type LineRecord, LineSplitter } from './line-reader.ts'
import { type AskedToProduce, askedToProduce, produceTool } from './produce-options.ts'
import { adminBy, runTool } from './tool.ts'

/** Kafka's own reader of lines, by the names that it has had. */
const lineReaders = [
  'org.apache.kafka.tools.LineMessageReader',
  'kafka.tools.ConsoleProducer$LineMessageReader',
  'kafka.common.LineMessageReader',
]

/** Carries out a command line; gives the exit code. */
export function produce(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    produceTool,
    argv,
    io,
    async given => {
      const asked = await askedToProduce(given, io)
      const readerName = given.one('line-reader')
      if (readerName !== undefined && !lineReaders.includes(readerName)) {
        throw new Error(`there is no line reader ${readerName}; leave it out, or use ${lineReaders[0]}`)
      }
      return run(asked, io)
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

async function run(asked: AskedToProduce, io: Io): Promise<number> {
  const reader = new LineReader(asked.reader)
  const options = producerOptionsOf(asked.producer)
  const maxBlockMs = numberOf(asked.producer, 'max.block.ms') ?? undefined
  const routes = await adminBy(asked.bootstrap, asked.producer, { timeoutMsMax: maxBlockMs })
  const lines = new Lines(asked, io)
  const producer = new Producer({ ...options, routes, delivered: each => lines.delivered(each) })
  const interrupts = new Interrupts(io, () => lines.stop())
  try {
    await lines.sendAll(producer, reader, interrupts.came, options.requestBytesMax)
    return interrupts.code ?? 0
  } finally {
    interrupts.forget()
    producer.destroy()
    await routes.close()
  }
}

const requestBytesMaxDefault = 1_048_576

/** Reads lines and sends them, until there are no more. */
class Lines {
  readonly #asked: AskedToProduce
  readonly #io: Io
  readonly #isInteractive: boolean
  #isStopped = false
  #sinceCommit = 0
  #failure: Error | null = null

  constructor(asked: AskedToProduce, io: Io) {
    this.#asked = asked
    this.#io = io
    this.#isInteractive = io.stdin.isTTY === true && io.stdout.isTTY === true
  }

  stop(): void {
    this.#isStopped = true
    this.#io.stdin.destroy()
  }

  async sendAll(
    producer: Producer,
    reader: LineReader,
    stopped: Promise<void>,
    requestBytesMax = requestBytesMaxDefault,
  ): Promise<void> {
    const { transactionSize } = this.#asked
    // A topic that is not there is looked for with the first line only, as lines may never come.
    let isFound = false
    const splitter = new LineSplitter()
    const begin = async () => {
      await this.#find(producer)
      if (transactionSize > 0) await producer.begin()
    }
    const send = async (line: Buffer) => {
      const record = reader.read(line)
      if (!isFound) {
        await Promise.race([begin(), stopped])
        if (this.#isStopped) return
        isFound = true
      }
      await this.#send(producer, record, requestBytesMax)
    }
    this.#prompt()
    try {
      for await (const chunk of this.#io.stdin as AsyncIterable<Buffer | string>) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
        for (const line of splitter.push(bytes)) {
          // Nothing of it is waited for where there is room.
          if (isFound && this.#isPlain) this.#enqueue(producer, reader.read(line), requestBytesMax)
          else await send(line)
        }
        if (isFound) await producer.room()
        this.#prompt()
      }
      const last = this.#isStopped ? null : splitter.end()
      if (last !== null) await send(last)
    } catch (error) {
      // What standard input fails with as it is closed by a signal.
      if (!this.#isStopped) {
        if (isFound) await this.#abandon(producer)
        throw error
      }
    }
    if (!isFound) return
    if (transactionSize === 0) await producer.flush()
    else if (this.#isStopped) await this.#abandon(producer)
    else await producer.commit()
  }

  /** Each batch that was given up is told of; the exit code stays, as with Kafka's tool. */
  delivered({ topic, records, error }: Delivery): void {
    if (error === null) return
    this.#failure ??= error
    if (this.#asked.isSync || this.#asked.transactionSize > 0) return
    for (const { key, value } of records) {
      const what = `key: ${sizeOf(key)}, value: ${sizeOf(value)}`
      this.#io.stderr.write(
        `ERROR Error when sending message to topic ${topic} with ${what} with error: ${wordsOf(error)}\n`,
      )
    }
  }

  get #isPlain(): boolean {
    return !this.#asked.isSync && this.#asked.transactionSize === 0
  }

  async #find(producer: Producer): Promise<void> {
    const { topic, producer: properties } = this.#asked
    try {
      await producer.find(topic)
    } catch (error) {
      const isMissing = error instanceof KafkaError && error.code === codes.UNKNOWN_TOPIC_OR_PARTITION
      if (!isMissing) throw error
      throw new Error(`Topic ${topic} not present in metadata after ${properties['max.block.ms']} ms.`)
    }
  }

  #enqueue(producer: Producer, record: LineRecord, requestBytesMax: number): void {
    const { key, value, headers, timestamp, partition } = record
    const bytes = (key?.length ?? 0) + (value?.length ?? 0)
    if (bytes > requestBytesMax) {
      const limit = `larger than ${requestBytesMax}, which is the value of the max.request.size configuration`
      throw new Error(`The message is ${bytes} bytes when serialized which is ${limit}.`)
    }
    producer.send(this.#asked.topic, { timestamp: timestamp ?? systemClock.now(), key, value, headers }, partition)
  }

  async #send(producer: Producer, record: LineRecord, requestBytesMax: number): Promise<void> {
    const { isSync, transactionSize } = this.#asked
    this.#enqueue(producer, record, requestBytesMax)
    if (isSync) {
      await producer.flush()
      if (this.#failure) throw this.#failure
    } else await producer.room()
    if (transactionSize > 0 && ++this.#sinceCommit >= transactionSize) {
      await producer.commit()
      this.#sinceCommit = 0
      await producer.begin()
    }
  }

  async #abandon(producer: Producer): Promise<void> {
    if (this.#asked.transactionSize > 0) await producer.abort().catch(() => undefined)
    else await producer.flush()
  }

  #prompt(): void {
    if (this.#isInteractive) this.#io.stdout.write('>')
  }
}

function sizeOf(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : `${bytes.length} bytes`
}

function wordsOf(error: Error): string {
  return error instanceof KafkaError && error.message !== codeName(error.code)
    ? `${codeName(error.code)}: ${error.message}`
    : error.message
}
