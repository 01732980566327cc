/** `ottla metadata-quorum`: who keeps the cluster's metadata, with the options and output of `kafka-metadata-quorum`. */
import type { Admin } from '../../admin/admin.ts'
import { type DescribedQuorum, describeCluster, describeQuorum } from '../../admin/cluster.ts'
import { systemClock } from '../../base/clock.ts'
import type { Io } from '../io.ts'
import { sentenceOf } from './kafka-words.ts'
import { commandIn, spelledOut } from './subcommands.ts'
import { table } from './tabs.ts'
import { ArgumentsError, connectionOptions, type Given, runTool, type Tool, withAdmin } from './tool.ts'

const options = {
  status: { doc: 'describe: the leader, and how far the others are' },
  replication: { doc: 'describe: each voter and observer' },
  'human-readable': { doc: 'describe --replication: times as how long ago they were' },
  'controller-id': { value: 'ID', doc: 'remove-controller: which; voters do not change here' },
  'controller-directory-id': { value: 'ID', doc: 'remove-controller: its directory' },
  'dry-run': { doc: 'add-controller, remove-controller: only say what would be done' },
  json: { doc: 'describe: print JSON' },
  ...connectionOptions,
} as const

type Option = keyof typeof options

const commands = ['describe', 'add-controller', 'remove-controller'] as const

const tool: Tool<Option> = {
  name: 'metadata-quorum describe',
  about: "tells who keeps a cluster's metadata",
  example: 'metadata-quorum --bootstrap-server localhost:9092 describe --status',
  hasCommands: true,
  options,
}

type Partition = DescribedQuorum['topics'][number]['partitions'][number]
type Replica = Partition['currentVoters'][number]

/** Carries out a command line; gives the exit code. */
export function kafkaMetadataQuorum(argv: readonly string[], io: Io): Promise<number> {
  const words = spelledOut(argv, { '-h': 'help', '-i': 'controller-id', '-d': 'controller-directory-id' })
  return runTool(
    tool,
    words,
    io,
    async given => {
      const command = commandIn(tool, words, commands)
      if (!given.has('bootstrap-server'))
        throw new ArgumentsError('one of the arguments --bootstrap-server --bootstrap-controller is required')
      if (command !== 'describe')
        throw new Error('the voters of this cluster do not change: its metadata are not kept by a quorum')
      check(given)
      await withAdmin(given, admin => (given.has('status') ? status(admin, given, io) : replication(admin, given, io)))
      return 0
    },
    error => io.stderr.write(`${sentenceOf(error)}\n`),
  )
}

function check(given: Given<Option>): void {
  if (given.has('status') && given.has('replication'))
    throw new Error('Only one of --status or --replication should be specified with describe sub-command')
  if (given.has('human-readable') && !given.has('replication'))
    throw new Error('The option --human-readable is only supported along with --replication')
  if (!given.has('status') && !given.has('replication'))
    throw new Error('One of --status or --replication must be specified with describe sub-command')
}

function leaderIn({ leaderId, currentVoters }: Partition): Replica {
  return currentVoters.find(({ replicaId }) => replicaId === leaderId)!
}

async function status(admin: Admin, given: Given<Option>, io: Io): Promise<void> {
  const { clusterId } = await describeCluster(admin)
  const { topics, nodes } = await describeQuorum(admin)
  const partition = topics[0]!.partitions[0]!
  const leader = leaderIn(partition)
  const followers = partition.currentVoters.filter(({ replicaId }) => replicaId !== partition.leaderId)
  const lags = followers.map(({ logEndOffset }) => leader.logEndOffset - logEndOffset)
  const lagTimes = followers.map(({ lastCaughtUpTimestamp }) =>
    lastCaughtUpTimestamp < 0 ? -1 : leader.lastCaughtUpTimestamp - lastCaughtUpTimestamp,
  )
  const shown = (replicas: readonly Replica[]) =>
    replicas.map(({ replicaId, replicaDirectoryId }) => ({
      id: replicaId,
      directoryId: replicaDirectoryId,
      endpoints: (nodes?.find(({ nodeId }) => nodeId === replicaId)?.listeners ?? []).map(
        ({ name, host, port }) => `${name}://${host}:${port}`,
      ),
    }))
  const told = {
    ClusterId: clusterId,
    LeaderId: partition.leaderId,
    LeaderEpoch: partition.leaderEpoch,
    HighWatermark: partition.highWatermark,
    MaxFollowerLag: Math.max(0, ...lags),
    MaxFollowerLagTimeMs: Math.max(0, ...lagTimes),
    CurrentVoters: shown(partition.currentVoters),
    CurrentObservers: shown(partition.observers),
  }
  if (given.has('json')) {
    io.stdout.write(`${JSON.stringify(told)}\n`)
    return
  }
  for (const [name, value] of Object.entries(told))
    io.stdout.write(`${`${name}:`.padEnd(24)}${Array.isArray(value) ? listed(value) : value}\n`)
}

/** With a space behind commas and colons, and without endpoints where they are not known. */
function listed(replicas: readonly { id: number; directoryId: string; endpoints: readonly string[] }[]): string {
  const all = replicas.map(({ id, directoryId, endpoints }) => {
    const quoted = endpoints.map(endpoint => JSON.stringify(endpoint)).join(', ')
    return `{"id": ${id}, "directoryId": ${JSON.stringify(directoryId)}${endpoints.length > 0 ? `, "endpoints": [${quoted}]` : ''}}`
  })
  return `[${all.join(', ')}]`
}

async function replication(admin: Admin, given: Given<Option>, io: Io): Promise<void> {
  const partition = (await describeQuorum(admin)).topics[0]!.partitions[0]!
  const leader = leaderIn(partition)
  const now = systemClock.now()
  const time = (timestamp: number) =>
    given.has('human-readable') && timestamp >= 0 ? `${now - timestamp} ms ago` : String(timestamp)
  const rowOf = (standing: string) => (replica: Replica) => [
    String(replica.replicaId),
    replica.replicaDirectoryId,
    String(replica.logEndOffset),
    String(leader.logEndOffset - replica.logEndOffset),
    time(replica.lastFetchTimestamp),
    time(replica.lastCaughtUpTimestamp),
    standing,
  ]
  const titles = [
    'NodeId',
    'DirectoryId',
    'LogEndOffset',
    'Lag',
    'LastFetchTimestamp',
    'LastCaughtUpTimestamp',
    'Status',
  ]
  const followers = partition.currentVoters.filter(replica => replica !== leader)
  const rows = [
    rowOf('Leader')(leader),
    ...followers.map(rowOf('Follower')),
    ...partition.observers.map(rowOf('Observer')),
  ]
  if (given.has('json')) {
    const objects = rows.map(row => Object.fromEntries(titles.map((title, index) => [title, row[index]])))
    io.stdout.write(`${JSON.stringify(objects)}\n`)
  } else io.stdout.write(table([titles, ...rows]))
}
