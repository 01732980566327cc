/** The figures of a broker as Prometheus takes them: read from its parts when somebody asks, loaded where HTTP is served. */
import { KafkaError } from '../../protocol/errors.ts'
import { sinceProcessStartMs } from '../base/clock.ts'
import { EventLoopDelays } from '../base/event-loop.ts'
import { slicesOf } from '../base/shared-slices.ts'
import { version } from '../base/version.ts'
import type { TopicImage } from '../cluster/image.ts'
import { isHiddenTopic } from '../cluster/topic-names.ts'
import { metricsRoutes } from '../http/metrics.ts'
import type { HttpRoutes } from '../http/routes.ts'
import { type ClusterFigures, clusterFamilies } from '../metrics/cluster.ts'
import { Exporter } from '../metrics/exporter.ts'
import type { FamilySource } from '../metrics/family.ts'
import { type GroupFigures, groupFamilies } from '../metrics/groups.ts'
import { type ExporterFigures, exporterFamilies } from '../metrics/kafka-exporter.ts'
import { kafkaFamilies } from '../metrics/kafka-names.ts'
import { LagWatch } from '../metrics/lag/lag-watch.ts'
import { type ProcessFigures, processFamilies } from '../metrics/process.ts'
import { type RequestFigures, requestFamilies } from '../metrics/requests.ts'
import { type TopicFigures, topicFamilies } from '../metrics/topics.ts'
import { bytesOf, offsetsOf } from '../partitions/figures.ts'
import type { Partition } from '../partitions/partition.ts'
import { endsElsewhere } from './ends-elsewhere.ts'
import type { BrokerView } from './view.ts'

/** Begins to look at groups, until the broker stops. */
export function metricsOf(view: BrokerView): HttpRoutes {
  const { clocks } = view
  const slices = slicesOf(clocks.wire)
  const delays = new EventLoopDelays(clocks.wire)
  const lag = new LagWatch({
    clock: clocks.broker,
    slices,
    commits: () => view.groups.committed(),
    ownEnd: (topic, partition) => ownEnd(view, topic, partition),
    ask: partitions => endsElsewhere(view, partitions),
  })
  view.whenClosed(() => {
    delays.stop()
    lag.close()
  })
  const topics = topicFigures(view)
  const groups: GroupFigures = {
    groups: () => view.groups.figures(),
    rebalances: () => view.groups.rebalances(),
    lags: () => lag.all(),
    statusOf: each => lag.statusOf(each),
  }
  const sources: FamilySource[] = [
    () => processFamilies(processFigures(delays)),
    () => requestFamilies(requestFigures(view)),
    detail => topicFamilies(topics, detail),
    detail => groupFamilies(groups, detail),
    () => clusterFamilies(clusterFigures(view)),
    () => kafkaFamilies(view.metrics.walk()),
  ]
  const exporter = new Exporter({
    sources,
    kafkaExporter: () => exporterFamilies(kafkaExporterFigures(view, topics, groups)),
    prepare: () => lag.refresh(),
    droppedLags: () => lag.dropped,
    slices,
  })
  return metricsRoutes(query => exporter.read(query))
}

function processFigures(delays: EventLoopDelays): ProcessFigures {
  return {
    version: version(),
    eventLoopDelays: delays.times,
    memory: () => {
      const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage()
      return { rss, heap_used: heapUsed, heap_total: heapTotal, external, array_buffers: arrayBuffers }
    },
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1_000_000
    },
    uptimeSeconds: () => sinceProcessStartMs() / 1_000,
  }
}

function requestFigures({ server, logins }: BrokerView): RequestFigures {
  return {
    counts: server.counts,
    requestBytesInFlight: server.requestBytesInFlight,
    heldMs: server.heldMs,
    connectionsByListener: () => server.connectionsByListener(),
    logins: () => logins?.counts() ?? [],
  }
}

function topicFigures({ cluster, partitions }: BrokerView): TopicFigures<Partition> {
  const { logDirectories } = partitions
  return {
    *topics() {
      for (const { name, partitions: all } of cluster.image.topics.values()) {
        if (isHiddenTopic(name)) continue
        // Where there are many, most may be elsewhere.
        const here = (partitions.ofTopic(name) ?? []).filter(partition => partition !== undefined)
        yield here.length > 0 ? [name, here, all.length] : null
      }
    },
    bytesOf,
    offsetsOf: partition => offsetsOf(partition, logDirectories),
    *directories() {
      for (const { path, failed } of logDirectories.states()) {
        yield { path, isOffline: failed, bytesFree: logDirectories.spaceOf(path)?.usableBytes ?? null }
      }
    },
  }
}

function clusterFigures({ nodeId, cluster, partitions }: BrokerView): ClusterFigures {
  const isController = cluster.image.controllerId === nodeId
  return {
    isController,
    leaderless: () => (isController ? leaderless(cluster.image.topics.values()) : null),
    brokers: () => {
      if (!isController) return null
      const counts = new Map<string, number>()
      for (const { state } of cluster.image.brokers) counts.set(state, (counts.get(state) ?? 0) + 1)
      return counts
    },
    *partitions() {
      for (const partition of partitions.all()) {
        if (isHiddenTopic(partition.topic)) continue
        const leader = leaderOf(partition)
        const followers = leader?.followers ?? []
        yield {
          isLeader: partition.isLeader,
          isOffline: partition.standing === 'offline',
          isr:
            leader === null || followers.length === 0
              ? null
              : {
                  size: leader.isr.length,
                  replicas: followers.length + 1,
                  needed: leader.isrSizeMin(partition.settings.minInsyncReplicas),
                },
          *lags() {
            const end = partition.isLoaded ? partition.logEndOffset : 0
            for (const { id, logEndOffset } of followers) yield [id, Math.max(0, end - Math.max(0, logEndOffset))]
          },
        }
      }
    },
  }
}

function* leaderless(topics: Iterable<TopicImage>): Iterable<number> {
  for (const { partitions } of topics) {
    let count = 0
    for (const { leader } of partitions) if (leader < 0) count++
    yield count
  }
}

/** What is known of its replicas; null where it is not led here, or this broker is not in the cluster now. */
function leaderOf(partition: Partition): Partition['leading'] | null {
  if (!partition.isLeader || partition.standing !== 'online') return null
  try {
    return partition.leading
  } catch (error) {
    if (error instanceof KafkaError) return null
    throw error
  }
}

function kafkaExporterFigures(
  { cluster }: BrokerView,
  topics: TopicFigures<Partition>,
  groups: GroupFigures,
): ExporterFigures<Partition> {
  return {
    ...topics,
    ...groups,
    *brokerAddresses() {
      for (const { id, endpoints } of cluster.image.brokers) {
        const [endpoint] = endpoints
        yield { id, address: endpoint === undefined ? '' : `${endpoint.host}:${endpoint.port}` }
      }
    },
    replicasOf: ({ topic, index }) => {
      const image = cluster.image.topics.get(topic)?.partitions[index]
      return { leader: image?.leader ?? -1, replicas: image?.replicas ?? [], isr: image?.isr ?? [] }
    },
  }
}

/** Where consumers stop to read what is committed; null where another broker leads, or that is not known now. */
function ownEnd({ partitions }: BrokerView, topic: string, index: number): number | null {
  const partition = partitions.get(topic, index)
  if (partition === undefined || !partition.isLeader || partition.standing !== 'online') return null
  return offsetsOf(partition, partitions.logDirectories)?.highWatermark ?? null
}
