/** `ottla perf`: measures a broker by producing, by consuming, or record by record. */
import { type Io, UsageError } from '../io.ts'

const text = `ottla perf produce|consume|latency: measures a broker, in the lines of Kafka's performance tools

  produce   how fast it takes records, and how long it takes to confirm them (kafka-producer-perf-test)
  consume   how fast records are read (kafka-consumer-perf-test)
  latency   how long it takes from sending a record until it is read again (kafka-e2e-latency)

Each has its own --help.

  ottla perf produce --bootstrap-server localhost:9092 --topic orders --num-records 1000000 --record-size 100 --throughput -1
`

/** Carries out a command line; gives the exit code. */
export async function perf([what = '', ...rest]: readonly string[], io: Io): Promise<number> {
  switch (what) {
    case 'produce':
      return (await import('./perf-produce.ts')).perfProduce(rest, io)
    case 'consume':
      return (await import('./perf-consume.ts')).perfConsume(rest, io)
    case 'latency':
      return (await import('./perf-latency.ts')).perfLatency(rest, io)
    case '--help':
    case '-h':
      io.stdout.write(text)
      return 0
    default:
      throw new UsageError(`ottla perf measures produce, consume or latency, not ${JSON.stringify(what)}`)
  }
}
