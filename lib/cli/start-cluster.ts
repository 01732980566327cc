/** `ottla start --brokers N`: several brokers in this process that are one cluster, until they are told to stop. */
import { sinceProcessStartMs } from '../base/clock.ts'
import { Cluster, type ClusterOptions } from '../broker.ts'
import type { Io } from './io.ts'
import type { ReadyFile } from './ready-file.ts'

/** Serves until `told` resolves; gives the exit code. */
export async function serveCluster(
  options: ClusterOptions,
  told: Promise<null>,
  readyFile: ReadyFile | null,
  io: Io,
): Promise<number> {
  const { signal } = options
  const cluster = await Cluster.start(options).catch(error => {
    if (error === signal?.reason) return null
    throw error
  })
  if (cluster === null) return 0
  try {
    const [first] = cluster.brokers
    readyFile?.write({
      ...{ bootstrap: cluster.bootstrap, clusterId: cluster.clusterId, nodeId: first!.nodeId, http: first!.http },
      ...{ listeners: cluster.brokers.flatMap(({ listeners }) => listeners), dataDirectory: first!.dataDirectory },
    })
    const links = cluster.brokers.flatMap(({ httpLink }) => (httpLink === null ? [] : `ottla http: ${httpLink}\n`))
    io.stdout.write(`${readyLine(cluster)}\n${links.join('')}`)
    await told
    return 0
  } finally {
    readyFile?.remove()
    await cluster.stop()
  }
}

function readyLine({ bootstrap, brokers, dataDirectory }: Cluster): string {
  const nodes = brokers.map(({ nodeId }) => nodeId).join(',')
  const where = dataDirectory === null ? 'in memory' : `in ${dataDirectory}`
  return `ottla ready: ${bootstrap}, nodes ${nodes}, data ${where}, ${Math.round(sinceProcessStartMs())} ms since process start`
}
