/** `ottla cluster status|brokers|leaders|isr`: how a cluster is, at a glance. */
import type { Admin } from '../../admin/admin.ts'
import { describeCluster } from '../../admin/cluster.ts'
import { type DescribedPartition, describeTopics, listTopics } from '../../admin/topics.ts'
import type { Io } from '../io.ts'
import { commandIn } from './subcommands.ts'
import { table } from './tabs.ts'
import { connectionOptions, type Given, runTool, type Tool, withAdmin } from './tool.ts'

/** What is told, in the order of the help. */
export const stateCommands = ['status', 'brokers', 'leaders', 'isr'] as const

const { 'bootstrap-server': server, ...others } = connectionOptions
const options = { 'bootstrap-server': server, json: { doc: 'print JSON' }, ...others } as const

type Option = keyof typeof options

const tool: Tool<Option> = {
  name: 'cluster status|brokers|leaders|isr',
  about: 'tells how a cluster is: its brokers, who leads how much, and which partitions are out of sync',
  example: 'cluster status --bootstrap-server localhost:9092',
  hasCommands: true,
  options,
}

const bootstrapDefault = 'localhost:9092'

interface PartitionRow extends DescribedPartition {
  readonly topic: string
}

/** Carries out a command line; 1 for `status` and `isr` where a partition has no leader, or not all its replicas in sync. */
export function clusterState(argv: readonly string[], io: Io): Promise<number> {
  const hasServer = argv.some(word => /^--bootstrap-server(?:=|$)/.test(word))
  const words = hasServer ? argv : [...argv, '--bootstrap-server', bootstrapDefault]
  return runTool(
    tool,
    words,
    io,
    given => {
      const command = commandIn(tool, words, stateCommands)
      return withAdmin(given, async admin => tellers[command](await stateOf(admin), given, io))
    },
    error => io.stderr.write(`${error.message}\n`),
  )
}

const tellers = { status, brokers, leaders, isr }

type State = Awaited<ReturnType<typeof stateOf>>

async function stateOf(admin: Admin) {
  const { clusterId, controllerId, brokers: all } = await describeCluster(admin, { includeFencedBrokers: true })
  const names = (await listTopics(admin, { internal: true })).map(({ name }) => name)
  const topics = names.length === 0 ? [] : await describeTopics(admin, names)
  const partitions = topics.flatMap(({ name, partitions: each }): PartitionRow[] =>
    each.map(partition => ({ ...partition, topic: name })),
  )
  return { clusterId, controllerId, topics, partitions, brokers: [...all].sort((a, b) => a.brokerId - b.brokerId) }
}

const isUnder = ({ isr: inSync, replicas }: PartitionRow) => inSync.length < replicas.length
const isLeaderless = ({ leader }: PartitionRow) => leader < 0

function print(
  io: Io,
  given: Given<Option>,
  rows: readonly Readonly<Record<string, unknown>>[],
  titles: string[],
): void {
  if (given.has('json')) io.stdout.write(`${JSON.stringify(rows)}\n`)
  else io.stdout.write(table([titles, ...rows.map(row => Object.values(row).map(textOf))]))
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.join(',')
  return value === null ? '-' : String(value)
}

function status({ clusterId, controllerId, brokers: all, topics, partitions }: State, given: Given<Option>, io: Io) {
  const told = {
    clusterId,
    controller: controllerId,
    brokers: all.filter(({ isFenced }) => !isFenced).length,
    fencedBrokers: all.filter(({ isFenced }) => isFenced).length,
    topics: topics.length,
    partitions: partitions.length,
    withoutLeader: partitions.filter(isLeaderless).length,
    underReplicated: partitions.filter(isUnder).length,
    notLedByPreferred: partitions.filter(({ leader, replicas }) => leader !== replicas[0]).length,
  }
  if (given.has('json')) io.stdout.write(`${JSON.stringify(told)}\n`)
  else {
    const lines = Object.entries(told).map(([name, value]) => `${sentence(name).padEnd(22)}${value}\n`)
    io.stdout.write(lines.join(''))
  }
  return told.withoutLeader + told.underReplicated > 0 ? 1 : 0
}

/** `fencedBrokers` as words. */
function sentence(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}

function brokers({ brokers: all, controllerId, partitions }: State, given: Given<Option>, io: Io): number {
  const rows = all.map(({ brokerId, host, port, rack, isFenced }) => ({
    id: brokerId,
    address: `${host}:${port}`,
    rack,
    state: isFenced ? 'fenced' : brokerId === controllerId ? 'active, controller' : 'active',
    leads: partitions.filter(({ leader }) => leader === brokerId).length,
    replicas: partitions.filter(({ replicas }) => replicas.includes(brokerId)).length,
    outOfSync: partitions.filter(
      ({ replicas, isr: inSync }) => replicas.includes(brokerId) && !inSync.includes(brokerId),
    ).length,
  }))
  print(io, given, rows, ['ID', 'ADDRESS', 'RACK', 'STATE', 'LEADS', 'REPLICAS', 'OUT OF SYNC'])
  return 0
}

function leaders({ partitions }: State, given: Given<Option>, io: Io): number {
  const rows = partitions.map(({ topic, index, leader, leaderEpoch, replicas }) => ({
    ...{ topic, partition: index, leader: leader < 0 ? null : leader, epoch: leaderEpoch, preferred: replicas[0] },
  }))
  print(io, given, rows, ['TOPIC', 'PARTITION', 'LEADER', 'EPOCH', 'PREFERRED'])
  return 0
}

/** Of partitions that have all in sync there is nothing to tell. */
function isr({ partitions }: State, given: Given<Option>, io: Io): number {
  const rows = partitions
    .filter(partition => isUnder(partition) || isLeaderless(partition))
    .map(({ topic, index, leader, replicas, isr: inSync, eligibleLeaderReplicas }) => ({
      ...{ topic, partition: index, leader: leader < 0 ? null : leader, replicas, isr: inSync },
      elr: eligibleLeaderReplicas ?? [],
    }))
  if (rows.length === 0 && !given.has('json')) io.stdout.write('all replicas are in sync\n')
  else print(io, given, rows, ['TOPIC', 'PARTITION', 'LEADER', 'REPLICAS', 'ISR', 'ELR'])
  return rows.length > 0 ? 1 : 0
}
