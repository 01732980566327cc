/**
 * Who is in sync, of the partitions that this broker leads: has replicas taken out that fall behind, and taken in that have caught up. What
 * the cluster may have written by now counts as written until it is known that it was not.
 */
import { Alarm } from '../base/alarm.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { ImageDelta } from '../cluster/image.ts'
import { type Metric, metricsOf } from '../metrics/metrics.ts'
import type { Partition } from '../partitions/partition.ts'
import type { Leader } from '../partitions/roles/leader.ts'
import type { Turn, TurnTask } from '../partitions/waiting/turn.ts'
import type { HeldReplicas } from './held.ts'

/** Other in-sync replicas, as `lib/cluster` takes them. */
export interface WantedIsr {
  readonly topicId: string
  readonly index: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly number[]
  readonly joining: readonly { readonly id: number; readonly epoch: number }[]
  readonly minInsyncReplicas: number
}

export interface InSyncOptions {
  readonly nodeId: number
  readonly partitions: {
    all(): Iterable<Partition>
    lagMsMax(): number
    onMayJoin: (partition: Partition, brokerId: number) => void
    readonly turn: Turn
  }
  readonly cluster: { onChange(listener: (delta: ImageDelta) => void): () => void }
  /** Writes them; an outcome for each. Rejects where it is not known what became of them. */
  readonly write: (wanted: readonly WantedIsr[]) => Promise<readonly ('written' | 'refused')[]>
  /** Who does not join for now; nobody where nothing is said. */
  readonly held?: HeldReplicas | undefined
  /** The wire's. */
  readonly clock: Clock
  readonly logger: Logger
}

/** What was asked for, by the leader that asked. */
interface Proposal {
  readonly partition: Partition
  readonly leader: Leader
  readonly wanted: WantedIsr
  readonly before: readonly number[]
}

const ofReplicas = metricsOf('kafka.server', 'ReplicaManager')
/** The first wait before something is asked again of which nothing is known, and the longest, in ms. */
const [againMsMin, againMsMax] = [100, 5_000]

/** See the head of the file. */
export class InSync implements TurnTask {
  readonly #options: InSyncOptions
  readonly #joining = new Set<Partition>()
  readonly #alarm: Alarm
  readonly #stopListening: () => void
  #isDue = false
  #isLookExpected = false
  #isClosed = false
  #shrinks = 0
  #expands = 0
  /** Writes under way. */
  #writes = 0

  constructor(options: InSyncOptions) {
    this.#options = options
    const { partitions, cluster, clock } = options
    this.#alarm = new Alarm(clock, () => this.#look(), 'monotonicMs')
    partitions.onMayJoin = partition => this.#mayJoin(partition)
    this.#stopListening = cluster.onChange(delta => this.#follow(delta))
    for (const partition of partitions.all()) {
      if (this.#hasFollowers(partition)) this.#expectLook()
    }
  }

  /** Whether nothing is on its way to the cluster. */
  get isAtRest(): boolean {
    return this.#writes === 0 && !this.#isDue
  }

  close(): void {
    this.#isClosed = true
    this.#alarm.cancel()
    this.#stopListening()
    this.#options.partitions.onMayJoin = () => {}
  }

  /** How often replicas left and joined, and how many partitions have fewer in sync than they have, or need. */
  *metrics(): Iterable<Metric | null> {
    let [under, underMin, atMin] = [0, 0, 0]
    for (const partition of this.#options.partitions.all()) {
      yield null
      if (!this.#hasFollowers(partition)) continue
      const { isr, followers } = partition.leading
      const least = partition.leading.isrSizeMin(partition.settings.minInsyncReplicas)
      if (isr.length <= followers.length) under++
      if (isr.length < least) underMin++
      if (isr.length === least) atMin++
    }
    yield ofReplicas('UnderReplicatedPartitions', under)
    yield ofReplicas('UnderMinIsrPartitionCount', underMin)
    yield ofReplicas('AtMinIsrPartitionCount', atMin)
    yield ofReplicas('IsrShrinks', this.#shrinks)
    yield ofReplicas('IsrExpands', this.#expands)
  }

  endOfTurn(): void {
    this.#isDue = false
    const joining = [...this.#joining]
    this.#joining.clear()
    this.#propose(joining)
  }

  #mayJoin(partition: Partition): void {
    this.#joining.add(partition)
    if (this.#isDue || this.#isClosed) return
    this.#isDue = true
    this.#options.partitions.turn.after(this)
  }

  /** A broker that leads nothing with followers has no timer. */
  #follow({ created, changed }: ImageDelta): void {
    const { nodeId } = this.#options
    const isLedHere = ({ partitions }: ImageDelta['created'][number]) =>
      partitions.some(({ leader, replicas }) => leader === nodeId && replicas.length > 1)
    if (created.some(isLedHere) || changed.some(({ after }) => isLedHere(after))) this.#expectLook()
  }

  #expectLook(): void {
    if (this.#isLookExpected || this.#isClosed) return
    this.#isLookExpected = true
    const { clock, partitions } = this.#options
    this.#alarm.set(clock.monotonicMs() + partitions.lagMsMax() / 2)
  }

  #look(): void {
    this.#isLookExpected = false
    const led = [...this.#options.partitions.all()].filter(each => this.#hasFollowers(each))
    // Once it is in its cluster again, it is told of what it leads.
    if (led.length === 0) return
    this.#expectLook()
    this.#propose(led.filter(({ leading, view }) => leading.lagging(view).length > 0))
  }

  #hasFollowers(partition: Partition): boolean {
    return partition.isLedHere && !partition.leading.isAlone
  }

  #propose(partitions: readonly Partition[]): void {
    const proposals: Proposal[] = []
    for (const partition of partitions) {
      const proposal = this.#hasFollowers(partition) ? this.#proposalFor(partition) : null
      if (proposal === null) continue
      proposal.leader.propose(proposal.wanted.isr)
      proposals.push(proposal)
    }
    if (proposals.length > 0) void this.#write(proposals, againMsMin)
  }

  #proposalFor(partition: Partition): Proposal | null {
    const { leading: leader, view, highWatermark, topicId, index, leaderEpoch } = partition
    if (leader.isProposing) return null
    const lagging = leader.lagging(view)
    const joining = leader.followers
      .filter(({ id, brokerEpoch }) => (brokerEpoch ?? -1) >= 0 && leader.mayJoin(id, highWatermark, view))
      .filter(({ id }) => this.#options.held?.has(id, partition.name) !== true)
      .map(({ id, brokerEpoch }) => ({ id, epoch: brokerEpoch! }))
    if (lagging.length === 0 && joining.length === 0) return null
    const before = leader.isr
    const isr = [...before.filter(id => !lagging.includes(id)), ...joining.map(({ id }) => id)]
    const { partitionEpoch } = leader
    const { minInsyncReplicas } = partition.settings
    const wanted = { topicId, index, leaderEpoch, partitionEpoch, isr, joining, minInsyncReplicas }
    return { partition, leader, wanted, before }
  }

  async #write(proposals: readonly Proposal[], againMs: number): Promise<void> {
    const { write, clock, logger } = this.#options
    this.#writes++
    try {
      const outcomes = await write(proposals.map(({ wanted }) => wanted))
      for (const [i, proposal] of proposals.entries()) this.#settle(proposal, outcomes[i]!)
    } catch (error) {
      if (this.#isClosed) return
      logger.warn('nobody knows whether other in-sync replicas were written; they are asked for again', {
        ...{ partitions: proposals.length, error: error as Error },
      })
      clock.schedule(againMs, () => {
        const open = this.#isClosed ? [] : proposals.filter(isOpen)
        if (open.length > 0) void this.#write(open, Math.min(2 * againMs, againMsMax))
      })
    } finally {
      this.#writes--
    }
  }

  #settle(proposal: Proposal, outcome: 'written' | 'refused'): void {
    const { partition, wanted, before } = proposal
    if (outcome === 'written') {
      const left = before.filter(id => !wanted.isr.includes(id))
      const joined = wanted.isr.filter(id => !before.includes(id))
      if (left.length > 0) this.#shrinks++
      if (joined.length > 0) this.#expands++
      this.#options.logger.info('in-sync replicas have changed', {
        ...{ partition: partition.name, isr: wanted.isr.join(), left: left.join(), joined: joined.join() },
      })
    }
    // Where it was written, the image has said so by now, and the proposal is over.
    if (outcome === 'refused' && isOpen(proposal)) partition.withdrawProposal()
  }
}

/** Whether the leader still waits for the outcome: nothing was written to the partition since, and it leads as it did. */
function isOpen({ partition, leader, wanted }: Proposal): boolean {
  if (!partition.isLedHere || partition.leading !== leader) return false
  return (
    leader.isProposing && leader.partitionEpoch === wanted.partitionEpoch && leader.leaderEpoch === wanted.leaderEpoch
  )
}
