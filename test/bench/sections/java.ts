/** Kafka's own perf tools as the load: what its Java clients cost a broker. The tool is often the bottleneck, so CPU is what counts. */
import { kafkaTool } from '../../../conformance/kafka.ts'
import { Figures, type Section } from '../measures.ts'
import { BenchCluster } from '../replay/cluster.ts'
import { warmMegabytesFor, warmMemory } from '../replay/warm-memory.ts'
import { cpuSecondsOf, inTurns, type Rivals } from '../rivals.ts'

export interface Load {
  readonly name: string
  readonly recordBytes: number
  readonly records: number
  readonly producerProperties: readonly string[]
}

const largeBatches = ['batch.size=131072', 'linger.ms=5']
/** So short that what memory was made warm stays so (see warm-memory.ts), but long enough for the clock ticks that CPU is counted in. */
export const loads: readonly Load[] = [
  { name: '100 B, 16 KB batches', recordBytes: 100, records: 1_000_000, producerProperties: [] },
  { name: '100 B, 128 KB batches', recordBytes: 100, records: 1_000_000, producerProperties: largeBatches },
  { name: '1 KB, 16 KB batches', recordBytes: 1024, records: 200_000, producerProperties: [] },
  { name: '1 KB, 128 KB batches', recordBytes: 1024, records: 200_000, producerProperties: largeBatches },
]

/** What the tool's JVM takes of the machine's memory meanwhile, about. */
export const clientMegabytes = 250

const tools = 'org.apache.kafka.tools'

/** Gives megabytes a second, as the tool counts them. */
export async function produce(bootstrap: string, topic: string, load: Load): Promise<number> {
  const output = await kafkaTool(`${tools}.ProducerPerformance`, [
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--throughput', '-1'],
    // One option with all of them: of several the tool takes the last.
    ...['--command-property', 'acks=all', ...load.producerProperties],
    ...['--num-records', `${load.records}`, '--record-size', `${load.recordBytes}`],
  ])
  return Number(/\(([\d.]+) MB\/sec\)[^\n]*th\.?\s*$/.exec(output.trim())?.[1])
}

async function consume(bootstrap: string, topic: string, load: Load): Promise<number> {
  const output = await kafkaTool(`${tools}.ConsumerPerformance`, [
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', `${load.records}`],
    ...['--timeout', '60000', '--hide-header'],
  ])
  const fields = output.trim().split('\n').at(-1)!.split(',')
  if (!(Number(fields[4]) >= load.records)) throw new Error(`${fields[4]} of ${load.records} records came back`)
  // Without the time that its group took to form.
  return Number(fields[8])
}

/** How much more of a load each round before those that count is. */
const warmUpFactor = 2

/** Rounds before those that count: neither runtime has compiled what it runs after one of the first load, and each load makes both compile some of it anew. */
export function warmUpRoundsOf(loadNumber: number): number {
  return loadNumber === 0 ? 4 : 2
}

export async function java(rivals: Rivals, rounds: number, warm: boolean): Promise<Section> {
  const figures = new Figures()
  for (const [number, counted] of loads.entries()) {
    await inTurns(rivals, rounds, warmUpRoundsOf(number), async (rival, at, round) => {
      const load = round > 0 ? counted : { ...counted, records: counted.records * warmUpFactor }
      const gigabytes = (load.records * load.recordBytes) / 1e9
      const topic = `bench-${round}-${number}`
      const cluster = await BenchCluster.connect(rival.host, rival.port)
      await cluster.createTopic(topic, 1)
      for (const [what, work] of [
        ['produced', produce],
        ['consumed', consume],
      ] as const) {
        if (warm && what === 'produced') await warmMemory(warmMegabytesFor(gigabytes * 1000, clientMegabytes))
        const { cpuSeconds, systemSeconds, result } = await cpuSecondsOf(rival.pid, () =>
          work(rival.bootstrap, topic, load),
        )
        console.log(
          `round ${round}, ${load.name}, ${what}, ${rival.name}: ${cpuSeconds.toFixed(2)} s of CPU, ${result} MB/s`,
        )
        if (round <= 0) continue
        const name = `${what}: ${load.name}`
        figures.addCpu(at, name, gigabytes, cpuSeconds, systemSeconds)
        if (what === 'produced') figures.add(at, { name, unit: 'MB/s', digits: 0, better: 'higher' }, result)
      }
      await cluster.deleteTopic(topic)
      await cluster.close()
    })
  }
  return {
    key: 'java',
    measures: figures.all(),
    setting: "Kafka's producer-perf-test (acks=all, idempotent, one partition) and consumer-perf-test.",
  }
}
