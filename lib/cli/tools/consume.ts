/** `ottla consume`: records of topics as lines on standard output, with the options and output of Kafka's console consumer. */
import { systemClock } from '../../base/clock.ts'
import { Consumer, type FetchedBatch, recordsOf } from '../../client/consumer.ts'
import type { Routes } from '../../client/routes.ts'
import type { Io } from '../io.ts'
import { autoCommitMsOf, consumerOptionsOf, groupOptionsOf } from './client-properties.ts'
import { type AskedToConsume, askedToConsume, consumeTool } from './consume-options.ts'
import type { Formatter } from './formatter.ts'
import { formatterOf } from './formatters.ts'
import { Interrupts } from './interrupts.ts'
import { Output } from './output.ts'
import { adminBy, runTool } from './tool.ts'

/** Carries out a command line; gives the exit code. */
export function consume(argv: readonly string[], io: Io): Promise<number> {
  return runTool(
    consumeTool,
    argv,
    io,
    async given => run(await askedToConsume(given, io), io),
    error => io.stderr.write(`${error.message}\n`),
  )
}

async function run(asked: AskedToConsume, io: Io): Promise<number> {
  const { formatter: className, formatterProperties } = asked
  const formatter =
    className === null
      ? (await import('./json-formatter.ts')).jsonFormatter(formatterProperties)
      : await formatterOf(className, formatterProperties)
  const routes = await adminBy(asked.bootstrap, asked.consumer)
  const output = new Output(io.stdout)
  const printing = new Printing(asked, routes, formatter, output)
  const interrupts = new Interrupts(io, () => printing.stop())
  output.closed = () => printing.stop()
  try {
    await printing.start()
    await printing.run()
    return interrupts.code ?? 0
  } finally {
    await printing.close()
    interrupts.forget()
    await routes.close()
    await output.end()
    if (!output.isClosed) io.stderr.write(`Processed a total of ${printing.count} messages\n`)
    if (asked.tellsShutdown) {
      const { stderr, stdout } = io
      ;(className === null ? stderr : stdout).write('shutdown_complete\n')
    }
  }
}

class Printing {
  /** Records that were printed. */
  count = 0
  readonly #asked: AskedToConsume
  readonly #formatter: Formatter
  readonly #output: Output
  readonly #consumer: Consumer
  /** Offsets that are to be committed, by partition. */
  readonly #consumed = new Map<string, { topic: string; partition: number; offset: number }>()
  readonly #commitMs: number | null
  #nextCommitMs: number
  #isStopped = false

  constructor(asked: AskedToConsume, routes: Routes, formatter: Formatter, output: Output) {
    this.#asked = asked
    this.#formatter = formatter
    this.#output = output
    this.#commitMs = asked.group === undefined ? null : autoCommitMsOf(asked.consumer)
    this.#nextCommitMs = systemClock.monotonicMs() + (this.#commitMs ?? Number.POSITIVE_INFINITY)
    const group = asked.group === undefined ? undefined : groupOptionsOf(asked.group, asked.consumer)
    this.#consumer = new Consumer({
      ...consumerOptionsOf(asked.consumer),
      ...(asked.topic === undefined && { createsTopics: false }),
      routes,
      ...(group && { group: { ...group, revoking: () => this.#commit() } }),
    })
  }

  async start(): Promise<void> {
    const { topic, includes, partition, start } = this.#asked
    if (topic !== undefined && partition !== undefined) await this.#consumer.assign([{ topic, partition, start }])
    else if (topic !== undefined) await this.#consumer.subscribe({ topics: [topic] })
    else await this.#consumer.subscribe({ includes: name => includes!.test(name) })
  }

  stop(): void {
    this.#isStopped = true
    this.#consumer.wake()
  }

  /** Until there are as many as were asked for, or none come any more, or it is stopped. */
  async run(): Promise<void> {
    const { messagesMax, timeoutMs } = this.#asked
    let idleSinceMs = systemClock.monotonicMs()
    while (!this.#isStopped && this.count < messagesMax) {
      const batch = this.#consumer.take()
      if (batch !== null) {
        this.#print(batch)
        await this.#output.drained()
        idleSinceMs = systemClock.monotonicMs()
      } else {
        this.#output.flush()
        const now = systemClock.monotonicMs()
        const leftMs = idleSinceMs + timeoutMs - now
        if (leftMs <= 0) return
        await this.#consumer.wait(Math.min(leftMs, Math.max(0, this.#nextCommitMs - now)))
      }
      if (systemClock.monotonicMs() >= this.#nextCommitMs) await this.#commit()
    }
  }

  async close(): Promise<void> {
    await this.#consumer.close()
  }

  #print(batch: FetchedBatch): void {
    const { messagesMax, skipsErrors } = this.#asked
    const { topic, partition } = batch
    let offset = batch.nextOffset
    for (const record of recordsOf(batch)) {
      if (this.count === messagesMax) {
        offset = record.offset
        break
      }
      this.count++
      try {
        this.#formatter.write(record, batch, this.#output)
      } catch (error) {
        if (!skipsErrors) throw error
      }
    }
    if (this.#commitMs !== null) this.#consumed.set(`${topic} ${partition}`, { topic, partition, offset })
  }

  /** What cannot be committed is consumed again by whoever comes next. */
  async #commit(): Promise<void> {
    if (this.#commitMs === null) return
    this.#nextCommitMs = systemClock.monotonicMs() + this.#commitMs
    const offsets = [...this.#consumed.values()]
    this.#consumed.clear()
    await this.#consumer.commit(offsets).catch(() => undefined)
  }
}
