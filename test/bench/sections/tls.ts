/**
 * What TLS costs: each broker by a plain listener and by one with TLS, beside a bare socket of Node's and one with TLS. What a broker spends
 * more with TLS than without is held against what Node spends more.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchKafka, type RunningKafka, startKafka } from '../../../conformance/kafka.ts'
import { type OwnBroker, startOwnBroker } from '../../../conformance/own-broker.ts'
import { systemClock } from '../../../lib/base/clock.ts'
import { Authority } from '../../../lib/tls/authority.ts'
import { startFloor } from '../floor-process.ts'
import { Figures, type Section } from '../measures.ts'
import { cases } from '../replay/cases.ts'
import { runCase, type Target } from '../replay/run.ts'
import { kafkaName } from '../rivals.ts'

const names = ['produce-1k-16k', 'produce-1k-1m', 'fetch-1k-1m']
/** How long one run is, at most. */
const runSeconds = 3
/** Rounds before those that count: a JVM has not compiled what it runs after one. */
const warmUpRounds = 3

/** The two ways to one of those that are compared. */
interface Pair {
  readonly name: string
  readonly plain: Target
  readonly secured: Target
}

export async function tlsCost(rounds: number, warm: boolean): Promise<Section> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-tls-'))
  const authority = new Authority(systemClock.now())
  const own = authority.issue({ name: 'localhost', hosts: ['localhost', '127.0.0.1'] })
  const pemFile = join(directory, 'own.pem')
  writeFileSync(pemFile, own.certificate + own.key)
  const stops: (() => Promise<unknown>)[] = []
  const figures = new Figures()
  try {
    const pairs = await startPairs(directory, pemFile, own, authority.certificate, stops)
    for (const name of names) {
      const found = cases.find(each => each.name === name)!
      const test = { ...found, seconds: runSeconds, warmMemory: warm && found.kind !== 'fetch' }
      for (let round = 1 - warmUpRounds; round <= rounds; round++) {
        const turns = [...pairs.entries()]
        for (const [at, { name: who, plain, secured }] of round % 2 === 0 ? turns : turns.reverse()) {
          const [without, withTls] = [await runCase(test, plain), await runCase(test, secured)]
          const more = withTls.cpuSecondsPerGigabyte - without.cpuSecondsPerGigabyte
          console.log(`round ${round}, ${name}, ${who}: ${more.toFixed(2)} CPU s/GB more with TLS`)
          if (round <= 0) continue
          const measure = { unit: 'CPU s/GB', digits: 2, better: 'lower' } as const
          figures.add(at, { ...measure, name: `${name}, plain` }, without.cpuSecondsPerGigabyte)
          figures.add(at, { ...measure, name: `${name}, TLS` }, withTls.cpuSecondsPerGigabyte)
          figures.add(at, { ...measure, name: `${name}, what TLS adds` }, more)
          const speed = { unit: 'MB/s', digits: 0, better: 'higher' } as const
          figures.add(at, { ...speed, name: `${name}, TLS` }, withTls.megabytesPerSecond)
        }
      }
    }
  } finally {
    for (const stop of stops.reverse()) await stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return {
    key: 'tls',
    rivals: ['Node', kafkaName],
    measures: figures.all(),
    setting:
      'The client is the same generator of ready-made requests, in TLS 1.3 with AES-256-GCM. Node is a bare socket that answers by heart and writes what comes to a file.',
  }
}

async function startPairs(
  directory: string,
  pemFile: string,
  { certificate, key }: { readonly certificate: string; readonly key: string },
  authority: string,
  stops: (() => Promise<unknown>)[],
): Promise<Pair[]> {
  const target = (name: string, address: string, pid: number, trusted?: string): Target => {
    const [host, port] = address.split(':') as [string, string]
    return { name, host, port: Number(port), pid, ...(trusted === undefined ? {} : { authority: trusted }) }
  }
  const own = async (listener: string, trusted?: string) => {
    const broker: OwnBroker = await startOwnBroker([
      ...['--data', join(directory, listener), '--set', `listeners=${listener}://127.0.0.1:0`],
      ...['--set', `ssl.keystore.certificate.chain=${certificate}`, '--set', `ssl.keystore.key=${key}`],
    ])
    stops.push(() => broker.stop())
    return target('Ottla', broker.bootstrap, broker.pid, trusted)
  }
  const bare = async (file?: string) => {
    const floor = await startFloor(file)
    stops.push(() => floor.stop())
    return file === undefined ? floor.target : { ...floor.target, authority }
  }
  const pairs: Pair[] = [
    { name: 'Ottla', plain: await own('PLAINTEXT'), secured: await own('SSL', authority) },
    { name: 'Node', plain: await bare(), secured: await bare(pemFile) },
  ]
  const missing = fetchKafka()
  if (missing !== null) {
    console.log(`without Apache Kafka: ${missing}`)
    return pairs
  }
  const kafka: RunningKafka = await startKafka(join(directory, 'kafka'), {}, { tls: { certificate, key } })
  stops.push(() => kafka.stop())
  const plain = target(kafkaName, kafka.bootstrap, kafka.pid)
  return [...pairs, { name: kafkaName, plain, secured: target(kafkaName, kafka.tlsBootstrap!, kafka.pid, authority) }]
}
