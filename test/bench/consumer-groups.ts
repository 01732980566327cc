/** What consumer groups (KIP-848) cost the broker, as Markdown tables: `node test/bench/consumer-groups.ts`, with Node 24. */
import type { Test } from 'tap'
import { recordBatches } from '../../lib/coordination/record-batches.ts'
import { encodeRecord } from '../../lib/groups/stored.ts'
import { consumerGroupHeartbeat } from '../../lib/handlers/consumer-group-heartbeat.ts'
import type { ConsumerGroupHeartbeatRequest } from '../../protocol/messages/consumer-group-heartbeat.ts'
import { ConsumerBench, type TestMember } from '../groups/consumer/consumer-bench.ts'
import { groupContext } from '../handlers/group-context.ts'
import { printTable, timeOf } from './markdown.ts'

const count = { members: 500, partitions: 1000 }
const batchBytesMax = 1024 * 1024

/** CPU of this thread, which counts in steps of milliseconds. */
const cpuMs = () => {
  const { user, system } = (process as typeof process & { threadCpuUsage(): NodeJS.CpuUsage }).threadCpuUsage()
  return (user + system) / 1000
}

/** Milliseconds of CPU that all pieces of work took, and those that each took on the clock. What is to be written is made a batch within. */
class Spent {
  readonly #bench: ConsumerBench
  totalMs = 0
  readonly pieces: number[] = []
  #bytes = 0

  constructor(bench: ConsumerBench) {
    this.#bench = bench
  }

  of<T>(run: () => T): T {
    const { log, now } = this.#bench
    const from = log.length
    const [began, beganCpu] = [performance.now(), cpuMs()]
    const result = run()
    const records = log.slice(from)
    const options = { format: { encode: encodeRecord, decode: () => null }, divisible: false, batchBytesMax, now }
    for (const { bytes } of recordBatches(records, options)) this.#bytes += bytes.length
    this.pieces.push(performance.now() - began)
    this.totalMs += cpuMs() - beganCpu
    return result
  }
}

/** The same pieces are done in each round: by their medians, as machines that have more to do interrupt some. */
function longestMs(rounds: readonly Spent[]): number {
  return Math.max(...rounds[0]!.pieces.map((_, i) => median(rounds.map(({ pieces }) => pieces[i]!))))
}

/** The median heartbeat of an idle group, from the handler to its answer. */
async function idleNanoseconds(): Promise<number> {
  const { at } = await groupContext({ teardown: () => {} } as unknown as Test)
  const whole: ConsumerGroupHeartbeatRequest = {
    ...{ groupId: 'g', memberId: 'm', instanceId: null, rackId: null, serverAssignor: null },
    ...{ memberEpoch: 0, rebalanceTimeoutMs: 60_000, topicPartitions: [] },
    ...{ subscribedTopicNames: ['t'], subscribedTopicRegex: null },
  }
  const context = at(1)
  await consumerGroupHeartbeat(whole, context)
  const idle = {
    ...whole,
    ...{ memberEpoch: 2, rebalanceTimeoutMs: -1, topicPartitions: null, subscribedTopicNames: null },
  }
  const took: number[] = []
  for (let n = 0; n < 110_000; n++) {
    const began = performance.now()
    consumerGroupHeartbeat(idle, context)
    took.push((performance.now() - began) * 1e6)
  }
  return median(took.slice(10_000))
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}

/** All heartbeats, and what is computed between them, until everybody has its share. */
function settle(bench: ConsumerBench, members: readonly TestMember[], spent: Spent): void {
  while (bench.describe().groupState !== 'Stable') {
    for (const member of members) {
      spent.of(() => member.beat())
      while (bench.shard.hasWork) spent.of(() => bench.work(bench.shard, 1))
    }
    bench.advance(1000)
  }
}

function rebalances(serverAssignor: string) {
  const bench = new ConsumerBench({ t: count.partitions })
  bench.consumer.assignmentIntervalMs = 1000
  bench.settings.consumerMembersMax = 10_000
  const joining = new Spent(bench)
  const members = Array.from({ length: count.members }, (_, i) =>
    joining.of(() => bench.member(`member ${i}`, { serverAssignor })),
  )
  settle(bench, members, joining)
  const leaving = new Spent(bench)
  const left = members.pop()!
  bench.advance(1000)
  leaving.of(() => left.leave())
  settle(bench, members, leaving)
  return { joining, leaving }
}

const idleNs = await idleNanoseconds()
printTable(['one heartbeat', 'median'], [['of an idle group, from the handler to the answer', timeOf(idleNs)]])
const roundCount = 7
const rows = ['uniform', 'range'].flatMap(assignor => {
  rebalances(assignor)
  const rounds = Array.from({ length: roundCount }, () => rebalances(assignor))
  return [
    [`${assignor}: ${count.members} members join`, rounds.map(({ joining }) => joining)],
    [`${assignor}: one of them leaves`, rounds.map(({ leaving }) => leaving)],
  ] as const
})
printTable(
  [`${count.partitions} partitions`, 'until all have their share', 'the longest piece', 'pieces'],
  rows.map(([name, spent]) => [
    name,
    `${median(spent.map(({ totalMs }) => totalMs)).toFixed(0)} ms`,
    `${longestMs(spent).toFixed(1)} ms`,
    spent[0]!.pieces.length,
  ]),
)
