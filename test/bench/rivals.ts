/** The two brokers that are compared: this one, built from this checkout, and Apache Kafka or whatever runs at an address. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchKafka, kafkaVersion, startKafka } from '../../conformance/kafka.ts'
import { startOwnBroker } from '../../conformance/own-broker.ts'
import { threadSecondsOf, ticksPerSecond, type Usage, usageOf } from './replay/process-usage.ts'

/** A broker that is measured. */
export interface Rival {
  readonly name: string
  readonly bootstrap: string
  readonly host: string
  readonly port: number
  readonly pid: number
  /** Its data directory; null where it is not known. */
  readonly data: string | null
  /** When it was started, before any load. */
  readonly idle: Usage
  /** Takes the processor from it while another is measured, unless it was running before the bench. */
  pause(): Promise<void>
  /** Resolves when it has found back to its usual work. */
  resume(): Promise<void>
  stop(): Promise<unknown>
}

/** What Apache Kafka is called in tables: figures are of one version. */
export const kafkaName = `Apache Kafka ${kafkaVersion}`

/** Both, this one first. */
export type Rivals = readonly [Rival, Rival]

/** Something that runs already, to compare with instead of Apache Kafka. */
export interface Running {
  readonly bootstrap: string
  readonly pid: number
}

/** How long a broker is left alone before its idle memory is read, in milliseconds. */
const idleMs = 2_000

/**
 * What a broker is left after a run to do what it does later, in milliseconds: files of deleted topics that were there still, with their
 * memory and their writes to the disk, cost whoever came next half of its throughput.
 */
const settleMs = 1_500
/** What it is left after a pause to do what it has missed, such as heartbeats, in milliseconds. */
const awakeMs = 2_000

/** Processes of brokers that the bench has started and not stopped. */
const started = new Set<number>()

/** Whoever ends the bench ends them too: one that is paused would take no notice of a signal, and stay with all its memory. */
function endStarted(): void {
  for (const pid of started) {
    try {
      process.kill(pid, 'SIGTERM')
      process.kill(pid, 'SIGCONT')
    } catch {
      // It has ended already.
    }
  }
  process.exit(1)
}
process.once('SIGINT', endStarted)
process.once('SIGTERM', endStarted)

function rival(
  name: string,
  { bootstrap, pid }: Running,
  data: string | null,
  mayPause: boolean,
  stop: () => Promise<unknown>,
): Rival {
  const [host, port] = bootstrap.split(':') as [string, string]
  let paused = false
  if (mayPause) started.add(pid)
  const resume = async () => {
    if (!paused) return
    paused = false
    process.kill(pid, 'SIGCONT')
    await new Promise(resolve => setTimeout(resolve, awakeMs))
  }
  return {
    name,
    bootstrap,
    host,
    port: Number(port),
    pid,
    data,
    idle: usageOf(pid),
    pause: async () => {
      if (!mayPause || paused) return
      await new Promise(resolve => setTimeout(resolve, settleMs))
      paused = true
      process.kill(pid, 'SIGSTOP')
    },
    resume,
    stop: async () => {
      await resume()
      started.delete(pid)
      await stop()
    },
  }
}

/** What both are started with: what one run wrote is gone before the next, so that its memory is found again. */
const settings = { 'group.initial.rebalance.delay.ms': '0', 'log.segment.delete.delay.ms': '100' }

/** Starts this broker on a new directory. */
export async function startOwn(): Promise<Rival> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const own = await startOwnBroker([
    '--port',
    '0',
    '--data',
    directory,
    '--set',
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  ])
  return rival('Ottla', own, directory, true, async () => {
    await own.stop()
    rmSync(directory, { recursive: true, force: true })
  })
}

/** Starts both on new directories; throws where there is nothing to compare with. */
export async function startRivals(running: Running | null): Promise<Rivals> {
  const missing = running === null ? fetchKafka() : null
  if (missing !== null) throw new Error(`there is nothing to compare with: ${missing}; or name one with --against`)
  const own = await startOwn()
  try {
    const directory = mkdtempSync(join(tmpdir(), 'kafka-bench-'))
    const other = running === null ? await startKafka(directory, settings) : { ...running, stop: async () => undefined }
    await new Promise(resolve => setTimeout(resolve, idleMs))
    const name = running === null ? kafkaName : running.bootstrap
    const stop = async () => {
      await other.stop()
      rmSync(directory, { recursive: true, force: true })
    }
    return [
      { ...own, idle: usageOf(own.pid) },
      rival(name, other, running === null ? join(directory, 'data') : null, running === null, stop),
    ]
  } catch (error) {
    await own.stop()
    throw error
  }
}

/** CPU seconds that the broker spends while something runs, and a little after, for what it does later; of them those in the kernel. */
export async function cpuSecondsOf<T>(
  pid: number,
  run: () => Promise<T>,
): Promise<{ cpuSeconds: number; systemSeconds: number; result: T }> {
  const before = usageOf(pid)
  const threadsBefore = threadSecondsOf(pid)
  const result = await run()
  await new Promise(resolve => setTimeout(resolve, 500))
  const exact = threadSecondsOf(pid) - threadsBefore
  const after = usageOf(pid)
  const systemSeconds = after.systemSeconds - before.systemSeconds
  const inTicks = after.userSeconds - before.userSeconds + systemSeconds
  // The two counts of user and system are each cut to whole ticks; what is missing beyond that was run by threads that have ended.
  return { cpuSeconds: exact > inTicks - 2 / ticksPerSecond ? exact : inTicks, systemSeconds, result }
}

/**
 * Both brokers in turns; whoever comes first in one round comes last in the next. Rounds up to 0 are there to warm up, not to be counted.
 * The other one is paused meanwhile: a JVM at rest has timers and threads enough to be seen in the latencies of whoever runs beside it.
 */
export async function inTurns(
  rivals: Rivals,
  rounds: number,
  warmUps: number,
  run: (rival: Rival, at: number, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 1 - warmUps; round <= rounds; round++) {
    for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
      await rivals[1 - at]!.pause()
      await rivals[at]!.resume()
      await run(rivals[at]!, at, round)
    }
  }
  for (const rival of rivals) await rival.resume()
}
