/**
 * How far this broker is from the floor: bytes through a bare socket to a file and back, in the same runtime (see ../floor.ts) and
 * without one (see ../floor.c).
 */
import { floorTopic, startCheckingBroker, startFloorBrokerInC, startFloorBrokerInNode } from '../floor-broker.ts'
import { FloorInC, type FloorResult, type Way } from '../floor-c.ts'
import { startFloor } from '../floor-process.ts'
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { runCase } from '../replay/run.ts'
import { warmMegabytesFor, warmMemory } from '../replay/warm-memory.ts'
import { cpuSecondsOf, type Rival } from '../rivals.ts'
import { clientMegabytes, loads, produce, warmUpRoundsOf } from './java.ts'

const names = [
  'produce-1k-16k',
  'produce-1k-128k',
  'produce-1k-1m',
  'produce-1k-16k-one',
  'single-50',
  'fetch-1k-64k',
  'fetch-1k-1m',
]
/** How long one run is, at most. */
const runSeconds = 3

/** Rounds before those that count, in which a JVM compiles what it runs; the others take part in the last of them. */
const warmUpRounds = 3

/** What a case tells: where each connection waits for its answer, what a request costs; otherwise what the bytes cost. */
function tell(figures: Figures, at: number, test: Case, name: string, result: FloorResult): void {
  if (test.kind === 'produce' && test.window === 1) {
    figures.add(at, { name, unit: 'requests/s', digits: 0, better: 'higher' }, result.requestsPerSecond)
    figures.add(at, { name, unit: 'CPU µs/request', digits: 1, better: 'lower' }, result.cpuMicrosecondsPerRequest)
    if (result.requestLatency)
      figures.add(at, { name, unit: 'p99 ms', digits: 2, better: 'lower' }, result.requestLatency.p99)
  } else {
    figures.add(at, { name, unit: 'MB/s', digits: 0, better: 'higher' }, result.megabytesPerSecond)
    figures.add(at, { name, unit: 'CPU s/GB', digits: 2, better: 'lower' }, result.cpuSecondsPerGigabyte)
  }
}

/** The other broker is paused unless it is measured. */
async function takeTurn(other: Rival | null, isItsTurn: boolean): Promise<void> {
  if (isItsTurn) await other?.resume()
  else await other?.pause()
}

/** Under Kafka's own producer, with brokers that know its answers by heart; gives why it was left out, or null. */
async function underJava(
  own: Rival,
  other: Rival,
  rounds: number,
  warm: boolean,
  figures: Figures,
): Promise<string | null> {
  const inC = await startFloorBrokerInC()
  if (typeof inC === 'string') return inC
  const floors = [await startFloorBrokerInNode(), inC, await startCheckingBroker()]
  try {
    for (const [number, load] of loads.entries()) {
      const gigabytes = (load.records * load.recordBytes) / 1e9
      for (let round = 1 - warmUpRoundsOf(number); round <= rounds; round++) {
        const turns = [own, ...floors.map(({ target }) => target), other].map((target, at) => async () => {
          await takeTurn(other, target === other)
          const knowsByHeart = target !== own && target !== other
          const cluster = knowsByHeart ? null : await BenchCluster.connect(target.host, target.port)
          const topic = knowsByHeart ? floorTopic : `floor-${number}-${round}`
          await cluster?.createTopic(topic, 1)
          if (warm) await warmMemory(warmMegabytesFor(gigabytes * 1000, clientMegabytes))
          const run = () => produce(`${target.host}:${target.port}`, topic, load)
          const { cpuSeconds, systemSeconds } = await cpuSecondsOf(target.pid!, run)
          console.log(`round ${round}, Java producer, ${load.name}, ${target.name}: ${cpuSeconds.toFixed(2)} s of CPU`)
          if (round > 0) figures.addCpu(at, `Java producer, ${load.name}`, gigabytes, cpuSeconds, systemSeconds)
          await cluster?.deleteTopic(topic)
          await cluster?.close()
        })
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn()
      }
    }
    return null
  } finally {
    for (const each of floors) await each.stop()
  }
}

/** `other` is the broker to compare with, and null where there is none. */
export async function floor(own: Rival, other: Rival | null, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  const inC = FloorInC.compile()
  if (typeof inC === 'string') console.log(`floor in C: skipped, ${inC}`)
  const bare = await startFloor()
  const run = async (test: Case, round: number, at: number, what: string, way: Way = 'pread') => {
    if ((at === 2 && typeof inC === 'string') || (round < 0 && at !== 4)) return
    await takeTurn(other, at === 4)
    const target = [own, bare.target, null, null, other][at]!
    const result = at === 2 ? await (inC as FloorInC).run(test, way) : await runCase(test, target)
    const name = way === 'sendfile' ? `${test.name} by sendfile` : test.name
    const { megabytesPerSecond, cpuMicrosecondsPerRequest } = result
    console.log(
      `round ${round}, ${name}, ${what}: ${megabytesPerSecond.toFixed(0)} MB/s, ${cpuMicrosecondsPerRequest.toFixed(1)} µs of CPU a request`,
    )
    if (round > 0) tell(figures, at, test, name, result)
  }
  try {
    for (const name of names) {
      const found = cases.find(({ name: each }) => each === name)!
      const fetches = found.kind === 'fetch'
      const test = { ...found, seconds: runSeconds, warmMemory: warm && !fetches }
      const compared = other !== null && !fetches
      for (let round = compared ? 1 - warmUpRounds : 1; round <= rounds; round++) {
        const turns = [
          () => run(test, round, 0, 'Ottla'),
          () => run(test, round, 1, 'Node'),
          () => run(test, round, 2, 'C'),
        ]
        if (compared) turns.push(() => run(test, round, 4, other.name))
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn()
        if (fetches) await run(test, round, 2, 'C', 'sendfile')
      }
    }
  } finally {
    await bare.stop()
    if (typeof inC !== 'string') inC.close()
  }
  const leftOut = other === null ? 'there is no other broker' : await underJava(own, other, rounds, warm, figures)
  if (leftOut !== null) console.log(`floor under Kafka's producer: skipped, ${leftOut}`)
  const skipped = typeof inC === 'string' ? ` The floor in C was left out: ${inC}.` : ''
  return {
    key: 'floor',
    rivals: ['Node', 'C', 'Node that checks', ...(other === null ? [] : [other.name])],
    measures: figures.all(),
    setting: `The floors order and keep nothing: bytes from a bare socket into a file, and out of another file into the socket.${skipped}`,
  }
}
