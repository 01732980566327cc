/**
 * The test-kit beside kfake, the Kafka for tests that comes with franz-go, in what both have: starts, stops, a clean cluster for the next test,
 * faults, and what a client waits for. Times in process are taken in each one's own language; rounds are franz-go's against a process of each.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { kfakeProgram } from '../../../conformance/clients/franz.ts'
import { startOwnBroker } from '../../../conformance/own-broker.ts'
import { TestKafka } from '../../../lib/testing.ts'
import { Figures, median, type Section } from '../measures.ts'
import { usageOf } from '../replay/process-usage.ts'
import { cpuSecondsOf } from '../rivals.ts'

/** How often each thing is done in a round; and topics of a cluster that is made clean, as in main.go. */
const [repeats, faults, turns, topics] = [100, 10_000, 1_000, 100]
const source = fileURLToPath(new URL('../kfake/', import.meta.url))

/** In ms or µs, as the figure has it. */
interface Taken {
  readonly least: number
  readonly median: number
  /** The mean. */
  readonly cpu: number
}

/** A broker in a process of its own. */
interface Served {
  readonly address: string
  readonly pid: number
  /** Has each Produce refused, or none any more. */
  refuse(isRefusing: boolean): Promise<void>
  stop(): Promise<unknown>
}

/** Why there is no such thing here, or null. */
export function missingKfake(): string | null {
  const program = kfakeProgram(source)
  return typeof program === 'string' ? program : null
}

/** See the head of the file. */
export async function kfake(rounds: number): Promise<Section> {
  const program = kfakeProgram(source)
  if (typeof program === 'string') throw new Error(program)
  const figures = new Figures()
  for (let round = 0; round <= rounds; round++) {
    const add = (at: number, name: string, unit: 'ms' | 'µs' | 'MB', value: number) => {
      console.log(`round ${round}, ${at === 0 ? 'Ottla' : 'kfake'}, ${name}: ${value.toFixed(3)} ${unit}`)
      const digits = unit === 'ms' ? 3 : unit === 'µs' ? 1 : 0
      if (round > 0) figures.add(at, { name, unit, digits, better: 'lower' }, value)
    }
    const addTaken = (at: number, name: string, unit: 'ms' | 'µs', { least, cpu }: Taken) => {
      add(at, `${name}, at its quickest`, unit, least)
      add(at, `${name}, of CPU`, unit, cpu)
    }
    const theirs = figuresOf<Record<'start' | 'stop' | 'anew' | 'fault', Taken>>(program.command, 'times', repeats)
    for (const [at, { start, stop, anew, fault }] of [await ownTimes(), theirs].entries()) {
      addTaken(at, 'start', 'ms', start)
      addTaken(at, 'stop', 'ms', stop)
      addTaken(at, 'clean for the next test', 'ms', anew)
      add(at, 'a fault put in and taken out', 'µs', fault.cpu)
    }
    for (const [at, serve] of [serveOwn, () => serveKfake(program.command)].entries()) {
      const broker = await serve()
      try {
        add(at, 'memory of its process at rest', 'MB', usageOf(broker.pid).residentBytes / 2 ** 20)
        for (const [name, way] of [
          ['a record produced and consumed', 'rounds'],
          ['a produce that a fault refuses', 'refused'],
        ] as const) {
          await broker.refuse(way === 'refused')
          const asked = async () => figuresOf<Taken>(program.command, way, broker.address, turns)
          const { result, cpuSeconds } = await cpuSecondsOf(broker.pid, asked)
          add(at, `${name}, median`, 'µs', result.median)
          addTaken(at, name, 'µs', { ...result, cpu: (cpuSeconds * 1e6) / turns })
        }
        await broker.refuse(false)
      } finally {
        await broker.stop()
      }
    }
  }
  const what = `Starts, stops and faults in a warm process of each one's language, ${repeats} times, a cluster of one broker; clean is a reset here, and a new cluster there, of ${topics} topics.`
  const clients = `Produced, consumed and refused ${turns.toLocaleString('en')} times one after the other, by franz-go in a process of its own against one of each; CPU is the broker's.`
  return { key: 'kfake', rivals: ['kfake'], measures: figures.all(), setting: `${what} ${clients}` }
}

function figuresOf<T>(command: string, ...args: readonly (string | number)[]): T {
  const { status, stdout, stderr } = spawnSync(command, args.map(String), { encoding: 'utf8' })
  if (status !== 0) throw new Error(`kfake ${args.join(' ')}: ${stderr}`)
  return JSON.parse(stdout)
}

async function timed(count: number, run: () => Promise<unknown>): Promise<Taken> {
  const elapsed: number[] = []
  const cpu = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const begunMs = performance.now()
    await run()
    elapsed.push(performance.now() - begunMs)
  }
  const { user, system } = process.cpuUsage(cpu)
  return { least: Math.min(...elapsed), median: median(elapsed), cpu: (user + system) / 1_000 / count }
}

async function ownTimes(): Promise<Record<'start' | 'stop' | 'anew' | 'fault', Taken>> {
  const started: TestKafka[] = []
  const start = await timed(repeats, async () => started.push(await TestKafka.start()))
  const stop = await timed(repeats, () => started.pop()!.stop())
  await using kit = await TestKafka.start({
    topics: Object.fromEntries(Array.from({ length: topics }, (_, i) => [`topic-${i}`, 1])),
  })
  const anew = await timed(repeats, () => kit.reset())
  const cpu = process.cpuUsage()
  for (let i = 0; i < faults; i++)
    kit.fault({ api: 'Produce', topic: 'topic-0' }, { error: 'MESSAGE_TOO_LARGE' }).remove()
  const { user, system } = process.cpuUsage(cpu)
  const each = (user + system) / faults
  return { start, stop, anew, fault: { least: each, median: each, cpu: each } }
}

async function serveOwn(): Promise<Served> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-bench-'))
  const readyFile = join(directory, 'ready.json')
  const where = ['--port', '0', '--http', '127.0.0.1:0', '--ready-file', readyFile]
  const broker = await startOwnBroker(['--testing', '--topic', 'orders:1', ...where])
  const { http } = JSON.parse(readFileSync(readyFile, 'utf8')) as { readonly http: string }
  rmSync(directory, { recursive: true })
  const refuse = async (isRefusing: boolean) => {
    const fault = { api: 'Produce', topic: 'orders', error: 'MESSAGE_TOO_LARGE' }
    const headers = { 'content-type': 'application/json' }
    const asked = isRefusing ? { method: 'POST', headers, body: JSON.stringify(fault) } : { method: 'DELETE' }
    const answer = await fetch(`http://${http}/testing/faults`, asked)
    if (!answer.ok) throw new Error(`/testing/faults: ${answer.status} ${await answer.text()}`)
  }
  return { address: broker.bootstrap, pid: broker.pid, refuse, stop: () => broker.stop() }
}

async function serveKfake(command: string): Promise<Served> {
  const child = spawn(command, ['serve'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value: address } = await lines.next()
  const refuse = async (isRefusing: boolean) => {
    child.stdin.write(isRefusing ? 'fault\n' : 'pass\n')
    await lines.next()
  }
  const stop = () => {
    child.stdin.end()
    return once(child, 'exit')
  }
  return { address, pid: child.pid!, refuse, stop }
}
