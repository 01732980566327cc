/** Three brokers of our own, each a process, whose metadata are in etcd, a process as well. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Admin } from '../../lib/admin/admin.ts'
import { systemClock } from '../../lib/base/clock.ts'
import { systemRandom } from '../../lib/base/random.ts'
import type { PartitionView } from '../../lib/client/cluster-view.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { CreateTopics } from '../../protocol/messages/create-topics.ts'
import { ElectLeaders } from '../../protocol/messages/elect-leaders.ts'
import { freePorts } from '../../test/free-port.ts'
import { EtcdMember } from '../../test/metadata/etcd-server.ts'
import { type OwnBroker, startOwnBroker } from '../own-broker.ts'
import { until } from '../scenario.ts'
import { Timeline } from './timeline.ts'

/** The lease of a broker, in ms. */
export const sessionMs = 4_000

const ids = [1, 2, 3] as const

/** Who serves consumers that tell their rack. */
const rackAware = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

export function rackOf(id: number): string {
  return `rack-${id}`
}

function storeAt({ port }: EtcdMember): string {
  return `etcd://127.0.0.1:${port}/conformance`
}

/** Settings of a broker by its id, each as NAME=VALUE. */
export type SettingsOf = (id: number) => readonly string[]

export class ClusterOfProcesses {
  readonly bootstrap: string
  readonly admin: Admin
  readonly timeline: Timeline
  readonly #directory = mkdtempSync(join(tmpdir(), 'ottla-cluster-'))
  readonly #etcd: EtcdMember
  readonly #ports: readonly number[]
  readonly #running = new Map<number, OwnBroker>()
  readonly #more: SettingsOf

  private constructor(etcd: EtcdMember, ports: readonly number[], timeline: Timeline, more: SettingsOf) {
    this.#etcd = etcd
    this.#more = more
    this.timeline = timeline
    this.#ports = ports
    this.bootstrap = ports.map(port => `127.0.0.1:${port}`).join(',')
    this.admin = new Admin({
      ...{ bootstrap: this.bootstrap.split(','), timeoutMs: 30_000 },
      ...{ clock: systemClock, network: systemNetwork, random: systemRandom },
    })
  }

  /** Resolves once all three serve. `more` are settings that brokers have beside those of all, or in their place. */
  static async start(more: SettingsOf = () => []): Promise<ClusterOfProcesses> {
    const [port, peerPort, ...ports] = await freePorts(5)
    const etcd = new EtcdMember('m0', port!, peerPort!, [])
    etcd.start(`m0=http://127.0.0.1:${peerPort}`)
    await until('etcd', () =>
      fetch(`${etcd.url}/health`).then(
        ({ ok }) => ok || undefined,
        () => undefined,
      ),
    )
    const cluster = new ClusterOfProcesses(etcd, ports, await Timeline.follow(storeAt(etcd)), more)
    for (const id of ids) await cluster.start(id)
    return cluster
  }

  async start(id: number): Promise<void> {
    const settings = [
      ...[`node.id=${id}`, `metadata.store=${storeAt(this.#etcd)}`],
      ...[`broker.session.timeout.ms=${sessionMs}`, 'min.insync.replicas=2', 'default.replication.factor=3'],
      ...[`broker.rack=${rackOf(id)}`, `replica.selector.class=${rackAware}`],
      // Leaders are moved by nothing but what is tried.
      ...['auto.leader.rebalance.enable=false', 'group.initial.rebalance.delay.ms=0'],
      ...this.#more(id),
    ]
    this.#running.set(
      id,
      await startOwnBroker([
        ...['--data', join(this.#directory, `${id}`), '--port', `${this.#ports[id - 1]}`],
        ...settings.flatMap(setting => ['--set', setting]),
      ]),
    )
  }

  async kill(id: number): Promise<void> {
    await this.#running.get(id)!.kill()
    this.#running.delete(id)
  }

  async stop(id: number): Promise<number | null> {
    const code = await this.#running.get(id)!.stop()
    this.#running.delete(id)
    return code
  }

  /** The replicas of each partition, of which the first leads. */
  async createTopic(
    name: string,
    replicas: readonly (readonly number[])[],
    settings: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const assignments = replicas.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] }))
    const configs = Object.entries(settings).map(([name, value]) => ({ name, value }))
    const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs }]
    const answer = await this.admin.ask({ to: 'any' }, CreateTopics, { topics, timeoutMs: 20_000 })
    const { errorCode, errorMessage } = answer.topics[0]!
    if (errorCode !== 0) throw new Error(`${name} could not be made: ${errorMessage ?? errorCode}`)
  }

  async partitions(topic: string): Promise<readonly PartitionView[]> {
    const { topics } = await this.admin.metadata([topic])
    return topics.get(topic)?.partitions ?? []
  }

  /** Resolves once all replicas are in sync. */
  async whole(...topics: readonly string[]): Promise<void> {
    await until(
      'all replicas in sync',
      async () => {
        const all = (await Promise.all(topics.map(topic => this.partitions(topic)))).flat()
        return (all.length > 0 && all.every(({ isr, replicas }) => isr.length === replicas.length)) || undefined
      },
      60_000,
    )
  }

  /** Has each partition led by the first of its replicas. */
  async preferLeaders(): Promise<void> {
    await this.admin.ask({ to: 'any' }, ElectLeaders, { electionType: 0, topicPartitions: null, timeoutMs: 20_000 })
  }

  async controller(): Promise<number> {
    return (await this.admin.metadata([])).controllerId
  }

  async close(): Promise<void> {
    await this.admin.close()
    await this.timeline.close()
    for (const broker of this.#running.values()) await broker.kill()
    await this.#etcd.remove()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}
