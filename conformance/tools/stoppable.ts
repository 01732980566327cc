/** Brokers of cases of tools that are one cluster, of which one is stopped on the way; of Apache Kafka or our own. */
import { rmSync } from 'node:fs'
import { Cluster } from '../../lib/broker.ts'
import { type KafkaSettings, type RunningKafka, startKafkaCluster } from '../kafka.ts'

export interface Started {
  readonly bootstrap: string
  /** Where the topics of each broker are. */
  readonly directories: readonly string[]
  /** Stops one of several as its user would; gives what starts it again. */
  stopOne?(id: number): Promise<() => Promise<void>>
  stop(): Promise<void>
}

/** Starts so many; `directory` is theirs, and goes with them. */
export function startStoppable(
  count: number,
  directory: string,
  settings: KafkaSettings,
  isKafka: boolean,
): Promise<Started> {
  return isKafka ? kafkaCluster(count, directory, settings) : ownCluster(count, directory, settings)
}

/** As many have to be in sync as on the nodes of Apache Kafka. */
const inSync = { 'min.insync.replicas': '2' }

async function kafkaCluster(count: number, directory: string, settings: KafkaSettings): Promise<Started> {
  const cluster = await startKafkaCluster(count, directory, { ...inSync, ...settings }, { heapMb: 384 })
  return {
    bootstrap: cluster.nodes[0]!.bootstrap,
    directories: [directory],
    stopOne: id => ended(cluster.nodes[id - 1]!),
    stop: () => cluster.stop(),
  }
}

/** Resolves once its process has ended. */
async function ended(node: RunningKafka): Promise<() => Promise<void>> {
  let goOn = () => {}
  const isAsked = new Promise<void>(resolve => {
    goOn = resolve
  })
  let restarted = Promise.resolve()
  await new Promise<void>((resolve, reject) => {
    restarted = node.restart('SIGTERM', () => {
      resolve()
      return isAsked
    })
    restarted.catch(reject)
  })
  return () => {
    goOn()
    return restarted
  }
}

async function ownCluster(count: number, directory: string, settings: KafkaSettings): Promise<Started> {
  const properties = { ...inSync, ...settings }
  const cluster = await Cluster.start({ brokers: count, data: directory, port: 0, logLevel: 'error', properties })
  const stopOne = async (id: number) => {
    const broker = cluster.broker(id)
    await broker.stop()
    return () => broker.start()
  }
  const stop = async () => {
    await cluster.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return { bootstrap: cluster.broker(1).bootstrap, directories: [directory], stopOne, stop }
}
