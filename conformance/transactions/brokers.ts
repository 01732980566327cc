/** The broker under whatever clients do here: one of ours, one with a fault in it, Apache Kafka, or one that runs already and is left alone. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startKafka } from '../kafka.ts'
import { type OwnBroker, startOwnBroker } from '../own-broker.ts'

export interface BrokerUnderTest {
  readonly name: string
  readonly bootstrap: string
  /** The shortest session of a group that it allows, in ms. */
  readonly sessionMsMin: number
  /** Kills it and starts it again on its directory; absent where that is not ours to do. */
  killAndRestart?(): Promise<void>
  /** Stops its process, or has it go on. */
  signal?(name: 'SIGSTOP' | 'SIGCONT'): void
  stop(): Promise<void>
}

const sessionMsMin = 2_000

/** Groups that notice a dead member soon, and transactions that end soon after their time. */
const settings: Readonly<Record<string, string>> = {
  'group.min.session.timeout.ms': String(sessionMsMin),
  'group.initial.rebalance.delay.ms': '0',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
}

const faulty = fileURLToPath(new URL('faulty-broker.ts', import.meta.url))

/** One of ours; `sabotage` names a fault that is put into it. */
export async function ownBroker(sabotage?: string): Promise<BrokerUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-transactions-'))
  const given = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const start = (port: string): Promise<OwnBroker> =>
    sabotage === undefined
      ? startOwnBroker(['--data', directory, '--port', port, '--set', ...given])
      : startOwnBroker([sabotage, directory, port, ...given], [...process.execArgv, faulty])
  let broker = await start('0')
  const port = broker.bootstrap.split(':').at(-1)!
  return {
    name: sabotage === undefined ? 'Ottla' : `Ottla told to ${sabotage}`,
    bootstrap: broker.bootstrap,
    sessionMsMin,
    killAndRestart: async () => {
      await broker.kill()
      broker = await start(port)
    },
    signal: name => void broker.process.kill(name),
    stop: async () => {
      await broker.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/**
 * It is paused and not killed. A single node of Apache Kafka 4.4.0 that is killed while a transaction is being decided may write CompleteCommit or
 * CompleteAbort after its start without having written the markers: the transaction hangs, or a later one decides about its records, and
 * the judge finds both.
 */
export async function kafkaBroker(): Promise<BrokerUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-transactions-kafka-'))
  const kafka = await startKafka(directory, settings, { heapMb: 512 })
  return {
    name: `Apache Kafka ${kafka.version}`,
    bootstrap: kafka.bootstrap,
    sessionMsMin,
    signal: name => void process.kill(kafka.pid, name),
    stop: () => kafka.stop(),
  }
}

/** One that runs already: nothing is done to it, and its groups keep Kafka's shortest session. */
export function foreignBroker(bootstrap: string): BrokerUnderTest {
  return { name: bootstrap, bootstrap, sessionMsMin: 6_000, stop: () => Promise.resolve() }
}
