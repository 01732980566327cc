/** Clients of three families that produce to a topic and read it at the same time, whatever happens to brokers. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pythonProgram } from '../clients/python.ts'
import { fetchKafka, homeOf, kafkaVersion } from '../kafka.ts'
import { Client } from '../kafkajs/kafka.ts'

/** What one of them does. */
export interface Work {
  /** Values whose producer was told that they are there. */
  readonly acknowledged: Set<string>
  /** Values that its consumer was given, with as many times. */
  readonly seen: Map<string, number>
  /** The longest time between two acknowledgements, in ms, since this was last asked. */
  takeLongestPause(): number
  /** Ends the producer once all is acknowledged that it sent; throws where something was refused. */
  endProducing(): Promise<void>
  end(): Promise<void>
}

export interface Family {
  readonly name: string
  /** Why it cannot be run here, or null. */
  readonly missing: string | null
  start(bootstrap: string, topic: string): Promise<Work>
}

/** Between two sends, in ms. */
const everyMs = 20
/**
 * How long clients let pass at most before they look again for a leader, in ms: their own default is a second, which would be most of what is
 * measured here.
 */
const lookAgainMs = 100

class Ledger {
  readonly acknowledged = new Set<string>()
  readonly seen = new Map<string, number>()
  #lastMs = performance.now()
  #longestMs = 0

  acknowledge(value: string): void {
    this.acknowledged.add(value)
    const nowMs = performance.now()
    this.#longestMs = Math.max(this.#longestMs, nowMs - this.#lastMs)
    this.#lastMs = nowMs
  }

  see(value: string): void {
    this.seen.set(value, (this.seen.get(value) ?? 0) + 1)
  }

  takeLongestPause(): number {
    const nowMs = performance.now()
    const longest = Math.max(this.#longestMs, nowMs - this.#lastMs)
    this.#longestMs = 0
    this.#lastMs = nowMs
    return longest
  }
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, everyMs))
}

const kafkajs: Family = {
  name: 'kafkajs',
  missing: null,
  async start(bootstrap, topic) {
    const client = new Client(bootstrap, {
      requestTimeout: 5_000,
      retry: { initialRetryTime: 50, maxRetryTime: lookAgainMs, retries: 1_000 },
    })
    const producer = await client.producer({ idempotent: true, maxInFlightRequests: 1 })
    const consumer = await client.consumer(`${topic}-readers`)
    const ledger = new Ledger()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => ledger.see(String(message.value)) })
    let isOver = false
    const producing = (async () => {
      for (let i = 0; !isOver; i++) {
        const value = `${i}`
        await producer.send({ topic, acks: -1, messages: [{ key: value, value }] })
        ledger.acknowledge(value)
        await pause()
      }
    })()
    producing.catch(() => {})
    return {
      ...workOf(ledger),
      endProducing: () => {
        isOver = true
        return producing
      },
      end: () => client.close(),
    }
  },
}

function librdkafka(): Family {
  const program = pythonProgram(fileURLToPath(new URL('librdkafka.py', import.meta.url)))
  return {
    name: 'librdkafka',
    missing: typeof program === 'string' ? program : null,
    async start(bootstrap, topic) {
      const { command, args } = (program as Exclude<typeof program, string>)([
        ...[bootstrap, topic, `${everyMs}`, `${lookAgainMs}`],
      ])
      const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] })
      const ledger = new Ledger()
      const refused: string[] = []
      let answeredAll = () => {}
      const ended = new Promise<void>(resolve => {
        answeredAll = resolve
      })
      createInterface({ input: child.stdout }).on('line', line => {
        const number = line.slice(2)
        if (line.startsWith('+')) ledger.acknowledge(number)
        else if (line.startsWith('=')) ledger.see(number)
        else if (line === 'end') answeredAll()
        else refused.push(line)
      })
      return {
        ...workOf(ledger),
        endProducing: async () => {
          child.stdin.end()
          await ended
          if (refused.length > 0) throw new Error(`librdkafka: ${refused[0]}`)
        },
        end: () => killed(child),
      }
    },
  }
}

function java(main: string, args: readonly string[]): ChildProcess {
  const jars = `${homeOf(kafkaVersion)}/jars/*`
  const options = ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.apache.logging.log4j.level=OFF']
  return spawn('java', [...options, '-cp', jars, `org.apache.kafka.tools.${main}`, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

function javaFamily(): Family {
  return {
    name: 'Java',
    missing: fetchKafka(),
    async start(bootstrap, topic) {
      const about = ['--bootstrap-server', bootstrap, '--topic', topic]
      const rate = ['--throughput', `${1_000 / everyMs}`, '--max-messages', '-1', '--acks', '-1']
      // By itself it tries nothing again.
      const directory = mkdtempSync(join(tmpdir(), 'ottla-java-'))
      const settings = join(directory, 'producer.properties')
      const backoff = ['retry', 'reconnect'].map(what => `${what}.backoff.max.ms=${lookAgainMs}\n`).join('')
      writeFileSync(settings, `retries=2147483647\nenable.idempotence=true\n${backoff}`)
      const producer = java('VerifiableProducer', [...about, ...rate, '--command-config', settings])
      const consumer = java('consumer.ConsoleConsumer', [...about, '--from-beginning'])
      const ledger = new Ledger()
      const refused: string[] = []
      createInterface({ input: producer.stdout! }).on('line', line => {
        if (line.includes('"producer_send_success"')) ledger.acknowledge((JSON.parse(line) as { value: string }).value)
        else if (line.includes('"producer_send_error"')) refused.push(line)
      })
      createInterface({ input: consumer.stdout! }).on('line', value => ledger.see(value))
      return {
        ...workOf(ledger),
        endProducing: async () => {
          const ended = once(producer, 'exit')
          producer.kill('SIGTERM')
          await ended
          if (refused.length > 0) throw new Error(`Java's producer: ${refused[0]}`)
        },
        end: async () => {
          producer.kill('SIGKILL')
          await killed(consumer)
          rmSync(directory, { recursive: true, force: true })
        },
      }
    },
  }
}

function workOf(ledger: Ledger): Pick<Work, 'acknowledged' | 'seen' | 'takeLongestPause'> {
  return {
    acknowledged: ledger.acknowledged,
    seen: ledger.seen,
    takeLongestPause: () => ledger.takeLongestPause(),
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

export function families(): readonly Family[] {
  return [kafkajs, librdkafka(), javaFamily()]
}
