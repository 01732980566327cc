/**
 * How far this broker is from the floor: bytes through a bare socket to a file and back, in the same runtime (see ../floor.ts) and
 * without one (see ../floor.c).
 */
import { fetchKafka } from '../../../conformance/kafka.ts'
import { floorTopic, startFloorBrokerInC, startFloorBrokerInNode } from '../floor-broker.ts'
import { FloorInC, type FloorResult, type Way } from '../floor-c.ts'
import { startFloor } from '../floor-process.ts'
import { Figures, type Section } from '../measures.ts'
import { type Case, cases } from '../replay/cases.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { runCase, type Target } from '../replay/run.ts'
import { warmMegabytesFor, warmMemory } from '../replay/warm-memory.ts'
import { cpuSecondsOf } from '../rivals.ts'
import { clientMegabytes, loads, produce } from './java.ts'

const names = ['produce-1k-16k', 'produce-1k-1m', 'produce-1k-16k-one', 'single-50', 'fetch-1k-64k', 'fetch-1k-1m']
/** How long one run is, at most. */
const runSeconds = 3

/** What Kafka's own producer sends. */
const javaLoads = ['100 B, 16 KB batches', '1 KB, 16 KB batches', '1 KB, 128 KB batches']

/** What a case tells: where each connection waits for its answer, what a request costs; otherwise what the bytes cost. */
function tell(figures: Figures, at: number, test: Case, name: string, result: FloorResult): void {
  if (test.kind === 'produce' && test.window === 1) {
    figures.add(at, { name, unit: 'requests/s', digits: 0, better: 'higher' }, result.requestsPerSecond)
    figures.add(at, { name, unit: 'CPU µs/request', digits: 1, better: 'lower' }, result.cpuMicrosecondsPerRequest)
  } else {
    figures.add(at, { name, unit: 'MB/s', digits: 0, better: 'higher' }, result.megabytesPerSecond)
    figures.add(at, { name, unit: 'CPU s/GB', digits: 2, better: 'lower' }, result.cpuSecondsPerGigabyte)
  }
}

/** Under Kafka's own producer, with brokers that know its answers by heart; gives why it was left out, or null. */
async function underJava(own: Target, rounds: number, warm: boolean, figures: Figures): Promise<string | null> {
  const missing = fetchKafka()
  if (missing !== null) return missing
  const inC = await startFloorBrokerInC()
  if (typeof inC === 'string') return inC
  const inNode = await startFloorBrokerInNode()
  try {
    for (const load of loads.filter(({ name }) => javaLoads.includes(name))) {
      const gigabytes = (load.records * load.recordBytes) / 1e9
      for (let round = 0; round <= rounds; round++) {
        const turns = [own, inNode.target, inC.target].map((target, at) => async () => {
          const cluster = at === 0 ? await BenchCluster.connect(target.host, target.port) : null
          const topic = cluster === null ? floorTopic : `floor-${round}`
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
    await inC.stop()
    await inNode.stop()
  }
}

export async function floor(own: Target, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  const inC = FloorInC.compile()
  if (typeof inC === 'string') console.log(`floor in C: skipped, ${inC}`)
  const bare = await startFloor()
  const run = async (test: Case, round: number, at: number, what: string, way: Way = 'pread') => {
    if (at === 2 && typeof inC === 'string') return
    const result = at === 2 ? await (inC as FloorInC).run(test, way) : await runCase(test, at === 0 ? own : bare.target)
    const name = way === 'sendfile' ? `${test.name} by sendfile` : test.name
    tell(figures, at, test, name, result)
    const { megabytesPerSecond, cpuMicrosecondsPerRequest } = result
    console.log(
      `round ${round}, ${name}, ${what}: ${megabytesPerSecond.toFixed(0)} MB/s, ${cpuMicrosecondsPerRequest.toFixed(1)} µs of CPU a request`,
    )
  }
  try {
    for (const name of names) {
      const found = cases.find(({ name: each }) => each === name)!
      const fetches = found.kind === 'fetch'
      const test = { ...found, seconds: runSeconds, warmMemory: warm && !fetches }
      for (let round = 1; round <= rounds; round++) {
        const turns = [
          () => run(test, round, 0, 'Ottla'),
          () => run(test, round, 1, 'Node'),
          () => run(test, round, 2, 'C'),
        ]
        for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn()
        if (fetches) await run(test, round, 2, 'C', 'sendfile')
      }
    }
  } finally {
    await bare.stop()
    if (typeof inC !== 'string') inC.close()
  }
  const leftOut = await underJava(own, rounds, warm, figures)
  if (leftOut !== null) console.log(`floor under Kafka's producer: skipped, ${leftOut}`)
  const skipped = typeof inC === 'string' ? ` The floor in C was left out: ${inC}.` : ''
  return {
    key: 'floor',
    rivals: ['Node', 'C'],
    measures: figures.all(),
    setting: `The floors check, order and keep nothing: bytes from a bare socket into a file, and out of another file into the socket.${skipped}`,
  }
}
