/**
 * Three brokers that replicate one partition by what partitions offer for it, a controller that elects, and everything that may go wrong among
 * them: news and answers that come late or never, two leaders at a time, proposals whose outcome nobody hears of, processes that die.
 *
 * Held to: what acks=all was told stays, on each replica that could be elected; records of one offset and epoch are the same everywhere; the high
 * watermark of a broker never goes back, and no in-sync replica ends below the leader's.
 */
import { type Random, seededRandom } from '../../../lib/base/random.ts'
import { codes, KafkaError } from '../../../protocol/errors.ts'
import { batchOf, whenCommitted } from '../../partitions/fixture.ts'
import type { SeedOptions } from '../simulation.ts'
import { type Entry, ids, Node, type PartitionState } from './node.ts'
import { replicationSabotages } from './sabotage.ts'

const isrMin = 2

/** What must hold did not. */
export class Violation extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Violation'
  }
}

/** Other in-sync replicas, on their way from a leader to the cluster. */
interface Proposal {
  readonly from: Node
  readonly brokerEpoch: number
  readonly isr: readonly number[]
  /** The partition as the leader knew it. */
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

/** What a run came to. */
export interface ReplicationRun {
  readonly acknowledged: number
  readonly elections: number
  readonly cuts: number
}

/** Runs a seed to its end. Throws Violation. */
export async function runReplicationHistory(seed: number, options: SeedOptions = {}): Promise<ReplicationRun> {
  const sabotage = options.sabotage === undefined ? undefined : replicationSabotages[options.sabotage]
  const undo = sabotage?.()
  try {
    return await new History(seed, options).run()
  } finally {
    undo?.()
  }
}

class History {
  readonly #random: Random
  readonly #trace: (line: string) => void
  #state: PartitionState = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, isr: ids, runs: ids.map(() => 1) }
  readonly #nodes: readonly Node[]
  #proposals: Proposal[] = []
  readonly #acknowledged: Entry[] = []
  #values = 0
  #brokerEpochs = 1
  #elections = 0
  #cuts = 0
  /** What was deleted with everybody's consent: it need not be anywhere. */
  #deletedTo = 0
  /** How far a leader's own log was ever to begin. */
  #startMax = 0

  constructor(seed: number, { trace = () => {} }: SeedOptions) {
    this.#random = seededRandom(seed)
    this.#trace = trace
    this.#nodes = ids.map(id => new Node(id, this.#state))
  }

  async run(): Promise<ReplicationRun> {
    for (let step = 0; step < 800; step++) await this.#step()
    await this.#heal()
    return { acknowledged: this.#acknowledged.length, elections: this.#elections, cuts: this.#cuts }
  }

  async #step(): Promise<void> {
    const node = this.#nodes[this.#random.int(this.#nodes.length)]!
    const die = this.#random.int(1_000)
    if (!node.isUp) {
      if (die < 100) await this.#restart(node)
      return
    }
    if (die < 130) this.#produce(node)
    else if (die < 410) this.#fetch(node)
    else if (die < 680) this.#takeAnswer(node)
    else if (die < 800) node.turn()
    else if (die < 880) this.#hear(node)
    else if (die < 930) this.#propose(node)
    else if (die < 970) this.#decide()
    else if (die < 980) node.advance(this.#random.int(20_000))
    else if (die < 987) this.#elect(ids[this.#random.int(ids.length)]!)
    else if (die < 991) this.#deleteRecords(node)
    else if (die < 998) this.#kill(node)
    this.#verify()
  }

  #produce(node: Node): void {
    const { partition } = node
    if (!partition.isLeader) return
    const value = `v${this.#values++}`
    const acks = this.#random.int(4) === 0 ? 1 : -1
    try {
      const { baseOffset: offset } = partition.append(batchOf([value]), { origin: 'client', requiredAcks: acks })
      const entry = { offset, epoch: partition.leaderEpoch, value }
      this.#trace(`${node.id} appends ${value} at ${offset} in epoch ${entry.epoch}, acks=${acks}`)
      if (acks === 1) return
      whenCommitted(partition, offset, code => {
        this.#trace(`${node.id} answers ${code} to ${value}`)
        if (code === codes.NONE) this.#acknowledge(node, entry)
      })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
    }
  }

  #acknowledge(node: Node, entry: Entry): void {
    this.#acknowledged.push(entry)
    if (node.partition.highWatermark <= entry.offset)
      throw new Violation(`${entry.value} is acknowledged above the high watermark`)
    const holders = this.#nodes.filter(one => one === node || holds(one, entry))
    if (holders.length < isrMin) throw new Violation(`${entry.value} is acknowledged and only on ${holders.length}`)
  }

  #fetch(node: Node): void {
    const { partition } = node
    if (partition.isLeader || partition.leader < 0 || node.answer !== null) return
    const leader = this.#nodes.find(({ id }) => id === partition.leader)!
    if (!leader.isUp) return
    try {
      const bytesMax = 1 + this.#random.int(300)
      this.#trace(`${node.id} fetches from ${leader.id}: ${node.fetchFrom(leader, bytesMax)}`)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#trace(`${leader.id} refuses the fetch of ${node.id}: ${error.code}`)
    }
    if (this.#random.int(8) === 0) node.answer = null
  }

  #takeAnswer(node: Node): void {
    if (node.answer === null) return
    const end = node.partition.logEndOffset
    this.#trace(`${node.id} takes ${node.answer.kind} of epoch ${node.answer.epoch}`)
    node.takeAnswer()
    if (node.partition.logEndOffset < end) this.#cuts++
  }

  #hear(node: Node): void {
    const state = node.hear()
    if (state !== undefined) this.#trace(`${node.id} hears of ${text(state)}`)
  }

  /** A leader looks for replicas that may join, or must leave. */
  #propose(node: Node): void {
    const { partition } = node
    if (!partition.isLeader) return
    if (partition.leading.isProposing) {
      this.#readAgain(node)
      return
    }
    const { leading, view, highWatermark, leaderEpoch } = partition
    const joining = leading.followers.find(({ id }) => leading.mayJoin(id, highWatermark, view))
    const lagging = leading.lagging(view)
    if (joining === undefined && lagging.length === 0) return
    const isr = joining ? [...leading.isr, joining.id].sort() : leading.isr.filter(id => !lagging.includes(id))
    leading.propose(isr)
    const { partitionEpoch } = leading
    this.#trace(`${node.id} proposes ${isr} in epoch ${leaderEpoch}.${partitionEpoch}`)
    this.#proposals.push({ from: node, brokerEpoch: node.brokerEpoch, isr, leaderEpoch, partitionEpoch })
  }

  /** Whoever did not hear of the outcome of a proposal looks whether the partition was written since; none may be on its way any more. */
  #readAgain(node: Node): void {
    if (this.#proposals.some(({ from, brokerEpoch }) => from === node && brokerEpoch === node.brokerEpoch)) return
    if (node.partition.leading.partitionEpoch !== this.#state.partitionEpoch) return
    this.#trace(`${node.id} finds that its proposal was not taken over`)
    node.partition.withdrawProposal()
  }

  /** The cluster takes the oldest proposal over, or does not. */
  #decide(): void {
    const proposal = this.#proposals.shift()
    if (proposal === undefined) return
    const { from, isr, partitionEpoch, brokerEpoch } = proposal
    const isGood = partitionEpoch === this.#state.partitionEpoch && this.#state.leader === from.id
    if (isGood && isr.every(id => this.#nodes[id - 1]!.isUp || this.#state.isr.includes(id))) {
      this.#change({ isr })
      return
    }
    this.#trace(`the proposal of ${from.id} is refused`)
    // Its leader may not hear of it.
    const heard = from.isUp && from.brokerEpoch === brokerEpoch && this.#random.int(2) === 0
    if (!heard || !from.partition.isLeader || from.partition.leaderEpoch !== proposal.leaderEpoch) return
    if (from.partition.leading.partitionEpoch === partitionEpoch) from.partition.withdrawProposal()
  }

  #change(change: Partial<PartitionState>): void {
    this.#state = { ...this.#state, partitionEpoch: this.#state.partitionEpoch + 1, ...change }
    this.#trace(`the cluster says ${text(this.#state)}`)
    for (const node of this.#nodes) if (node.isUp) node.news.push(this.#state)
  }

  /** Gives the partition to an in-sync replica whose broker is there. */
  #elect(id: number): void {
    if (!this.#state.isr.includes(id) || !this.#nodes[id - 1]!.isUp || this.#state.leader === id) return
    this.#elections++
    this.#change({ leader: id, leaderEpoch: this.#state.leaderEpoch + 1 })
  }

  #kill(node: Node): void {
    this.#trace(`${node.id} dies`)
    node.kill()
    const others = this.#state.isr.filter(id => id !== node.id)
    const isr = others.length === 0 ? this.#state.isr : others
    if (this.#state.leader !== node.id) {
      if (isr.length < this.#state.isr.length) this.#change({ isr })
      return
    }
    const leader = isr.find(id => this.#nodes[id - 1]!.isUp) ?? -1
    this.#elections++
    this.#change({ leader, leaderEpoch: this.#state.leaderEpoch + 1, isr })
  }

  async #restart(node: Node): Promise<void> {
    this.#trace(`${node.id} starts again`)
    const { stored } = node
    const epoch = ++this.#brokerEpochs
    this.#state = { ...this.#state, runs: this.#state.runs.with(node.id - 1, epoch) }
    for (const other of this.#nodes) if (other.isUp) other.news.push(this.#state)
    await node.restart(this.#state, epoch)
    // Where a log started is noted now and then: what was deleted since may be there again, and gone again after the next start.
    const start = node.partition.logStartOffset
    if (start > this.#startMax) throw new Violation(`${node.id} starts at ${start}, beyond all that was deleted`)
    const entries = node.entries()
    const kept = stored.filter(({ offset }) => offset >= start)
    same(entries.slice(entries.length - kept.length), kept, `what ${node.id} has after its start`)
    same(endOf(node), node.storedEnd, `the end of ${node.id} after its start`)
    if (this.#state.leader < 0 && this.#state.isr.includes(node.id)) this.#elect(node.id)
  }

  #deleteRecords(node: Node): void {
    if (!node.partition.isLeader) return
    const { highWatermark, logStartOffset } = node.partition
    const to = logStartOffset + this.#random.int(highWatermark - logStartOffset + 1)
    this.#startMax = Math.max(this.#startMax, to)
    this.#deletedTo = Math.max(this.#deletedTo, node.partition.deleteRecordsBefore(to))
    this.#trace(`${node.id} deletes up to ${to}`)
  }

  #verify(): void {
    const logs = new Map(this.#nodes.map(node => [node.id, node.entries()]))
    const known = new Map<string, string>()
    for (const [id, entries] of logs) {
      for (const { offset, epoch, value } of entries) {
        const key = `${offset} ${epoch}`
        const other = known.get(key)
        if (other !== undefined && other !== value)
          throw new Violation(`${id} has ${value} at ${key}, another ${other}`)
        known.set(key, value)
      }
    }
    for (const node of this.#nodes) {
      if (!node.isUp) continue
      const { highWatermark, logEndOffset, isLeader, leaderEpoch } = node.partition
      if (highWatermark > logEndOffset)
        throw new Violation(`${node.id} is committed to ${highWatermark} and ends at ${logEndOffset}`)
      if (highWatermark < node.highWatermark) throw new Violation(`the high watermark of ${node.id} went back`)
      node.highWatermark = highWatermark
      if (node.warnings.length > 0) throw new Violation(node.warnings[0]!)
      if (!isLeader || leaderEpoch !== this.#state.leaderEpoch) continue
      for (const id of this.#state.isr) {
        const end = endOf(this.#nodes[id - 1]!)
        if (end < highWatermark) throw new Violation(`${id} is in sync and ends at ${end}, below ${highWatermark}`)
      }
    }
    for (const id of this.#state.isr) {
      const byOffset = new Map(logs.get(id)!.map(entry => [entry.offset, entry]))
      for (const entry of this.#acknowledged) {
        if (entry.offset < this.#deletedTo || byOffset.get(entry.offset)?.value === entry.value) continue
        throw new Violation(`${entry.value} was acknowledged, and ${id}, which may be elected, has it not`)
      }
    }
  }

  /** Everybody comes back, hears all there is, and fetches until all have the same. */
  async #heal(): Promise<void> {
    this.#trace('all is well from now on')
    for (const node of this.#nodes) if (!node.isUp) await this.#restart(node)
    for (let round = 0; round < 200; round++) {
      for (const node of this.#nodes) {
        while (node.news.length > 0) this.#hear(node)
        node.turn()
        this.#fetch(node)
        this.#takeAnswer(node)
        node.turn()
        this.#propose(node)
        this.#decide()
        this.#verify()
      }
      if (this.#state.isr.length === ids.length && this.#areEqual()) break
    }
    if (!this.#areEqual()) throw new Violation('the replicas do not come to have the same')
    if (this.#state.isr.length < ids.length) throw new Violation(`only ${this.#state.isr} come to be in sync`)
    this.#verify()
  }

  #areEqual(): boolean {
    const start = Math.max(...this.#nodes.map(({ partition }) => partition.logStartOffset))
    const [first, ...others] = this.#nodes.map(node =>
      JSON.stringify([endOf(node), node.entries().filter(({ offset }) => offset >= start)]),
    )
    return (
      others.every(other => other === first) &&
      this.#nodes.every(({ partition }) => partition.highWatermark === partition.logEndOffset)
    )
  }
}

function endOf(node: Node): number {
  return node.isUp ? node.partition.log.writtenOffset : node.storedEnd
}

function holds(node: Node, { offset, epoch, value }: Entry): boolean {
  return node.entries().some(one => one.offset === offset && one.epoch === epoch && one.value === value)
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) === JSON.stringify(expected)) return
  throw new Violation(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`)
}

function text({ leader, leaderEpoch, partitionEpoch, isr }: PartitionState): string {
  return `leader ${leader} in epoch ${leaderEpoch}.${partitionEpoch}, in sync ${isr}`
}
