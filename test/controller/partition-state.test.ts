/** What becomes of a partition when brokers come and go. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import {
  type ElectionRules,
  type Electorate,
  nextState,
  type PartitionState,
} from '../../lib/controller/partition-state.ts'

function partition(fields: Partial<PartitionState> = {}): PartitionState {
  return {
    leader: 1,
    leaderEpoch: 5,
    partitionEpoch: 7,
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    elr: [],
    lastKnownElr: [],
    recovering: false,
    addingReplicas: [],
    removingReplicas: [],
    ...fields,
  }
}

function brokers(active: readonly number[], torn: readonly number[] = []): Electorate {
  return { isActive: id => active.includes(id), isTorn: id => torn.includes(id) }
}

const rules: ElectionRules = { election: 'online', minInsyncReplicas: 2, hasEligible: true }

t.test('nothing is written while all are there', async t => {
  t.equal(nextState(partition(), brokers([1, 2, 3]), rules), null)
})

t.test('the first replica in sync that is there leads in the place of one that went', async t => {
  const next = nextState(partition(), brokers([2, 3]), rules)!
  // Clients were told of epoch 6 while nobody led.
  t.match(next, { leader: 2, leaderEpoch: 7, partitionEpoch: 8, isr: [2, 3], elr: [] })
})

t.test('a follower that went leaves the in-sync replicas in the same epoch of the leader', async t => {
  t.match(nextState(partition(), brokers([1, 2]), rules), { leader: 1, leaderEpoch: 5, partitionEpoch: 8, isr: [1, 2] })
})

t.test('who left while too few were in sync stays eligible, and leads again where nobody is in sync', async t => {
  const one = nextState(partition({ isr: [1, 2] }), brokers([1, 3]), rules)!
  t.match(one, { leader: 1, isr: [1], elr: [2] })
  const none = nextState(one, brokers([3]), rules)!
  t.match(none, { leader: -1, isr: [], lastKnownElr: [1] })
  t.same([...none.elr].sort(), [1, 2])
  t.match(nextState(none, brokers([2, 3]), rules), {
    leader: 2,
    isr: [2],
    elr: [1],
    lastKnownElr: [],
    recovering: false,
  })
})

t.test('who has been torn is not eligible any more', async t => {
  const none = partition({ leader: -1, isr: [], elr: [1, 2], lastKnownElr: [1] })
  t.match(nextState(none, brokers([3], [2]), rules), { leader: -1, elr: [1] })
  t.match(nextState(partition(), brokers([2, 3], [1]), { ...rules, minInsyncReplicas: 3 }), {
    leader: 2,
    isr: [2, 3],
    elr: [],
  })
})

t.test('the last leader leads again where nobody else is eligible, and has to recover', async t => {
  const none = partition({ leader: -1, isr: [], elr: [], lastKnownElr: [1] })
  t.equal(nextState(none, brokers([2, 3]), rules), null)
  t.match(nextState(none, brokers([1, 2, 3]), rules), { leader: 1, isr: [1], recovering: true, lastKnownElr: [] })
})

t.test('without eligible replicas the last one in sync stays so while it is away, and leads again', async t => {
  const without = { ...rules, hasEligible: false }
  const one = nextState(partition({ isr: [1, 2] }), brokers([1, 3]), without)!
  t.match(one, { leader: 1, isr: [1], elr: [] })
  const none = nextState(one, brokers([2, 3]), without)!
  t.match(none, { leader: -1, isr: [1], elr: [], lastKnownElr: [] })
  t.equal(nextState(none, brokers([2, 3]), without), null)
  t.match(nextState(none, brokers([1, 2, 3]), without), { leader: 1, isr: [1], recovering: false })
})

t.test('without eligible replicas, of the last ones in sync those stay that have not been torn', async t => {
  const without = { ...rules, hasEligible: false }
  t.match(nextState(partition({ isr: [1, 2] }), brokers([3], [1]), without), { leader: -1, isr: [2] })
  t.match(nextState(partition({ isr: [1, 2] }), brokers([3], [1, 2]), without), { leader: -1, isr: [1, 2] })
})

t.test('who was eligible when the feature was switched off still leads where nobody else may', async t => {
  const without = { ...rules, hasEligible: false }
  const none = partition({ leader: -1, isr: [], elr: [2], lastKnownElr: [1] })
  t.match(nextState(none, brokers([3]), without), { leader: -1, elr: [2] })
  t.match(nextState(none, brokers([2, 3]), without), { leader: 2, isr: [2], elr: [], recovering: false })
  t.match(nextState(partition({ isr: [1], elr: [2] }), brokers([1, 3]), without), { leader: 1, isr: [1], elr: [] })
})

t.test('who is last in sync when the feature is switched on becomes eligible', async t => {
  const none = partition({ leader: -1, isr: [1] })
  t.match(nextState(none, brokers([2, 3]), rules), { leader: -1, isr: [], elr: [1] })
})

t.test('an unclean election takes anybody, where it is allowed', async t => {
  const none = partition({ leader: -1, isr: [], elr: [1], lastKnownElr: [1] })
  t.equal(nextState(none, brokers([2, 3]), rules), null)
  t.match(nextState(none, brokers([2, 3]), { ...rules, election: 'unclean' }), {
    leader: 2,
    isr: [2],
    elr: [],
    recovering: true,
  })
})

t.test('the preferred leader comes back where that is asked for and it is in sync', async t => {
  const led = partition({ leader: 2 })
  const preferred: ElectionRules = { ...rules, election: 'preferred' }
  t.equal(nextState(led, brokers([1, 2, 3]), rules), null)
  t.match(nextState(led, brokers([1, 2, 3]), preferred), { leader: 1, leaderEpoch: 6 })
  t.equal(nextState({ ...led, isr: [2, 3] }, brokers([1, 2, 3]), preferred), null)
})

t.test('a reassignment is done once all new replicas are in sync, in a new epoch', async t => {
  const moving = partition({ replicas: [4, 2, 1, 3], addingReplicas: [4], removingReplicas: [1, 3] })
  t.equal(nextState(moving, brokers([1, 2, 3, 4]), rules), null)
  t.match(nextState(moving, brokers([1, 2, 3, 4]), rules, { isr: [1, 2, 3, 4] }), {
    replicas: [4, 2],
    isr: [2, 4],
    leader: 4,
    leaderEpoch: 6,
    addingReplicas: [],
    removingReplicas: [],
  })
})

t.test('a reassignment to fewer replicas is not done before all that stay are in sync', async t => {
  const moving = partition({ isr: [1, 3], removingReplicas: [3] })
  t.equal(nextState(moving, brokers([1, 2, 3]), rules), null)
  t.match(nextState(moving, brokers([1, 2, 3]), rules, { isr: [1, 3, 2] }), { replicas: [1, 2], isr: [1, 2] })
  const toAsMany = partition({ replicas: [4, 1, 2, 3], isr: [1, 3, 4], addingReplicas: [4], removingReplicas: [3] })
  t.match(nextState(toAsMany, brokers([1, 2, 3, 4]), rules), { replicas: [4, 1, 2], isr: [1, 4] })
})

t.test('a leader tells its in-sync replicas and that it has recovered', async t => {
  const state = partition({ isr: [1], elr: [2], recovering: true })
  t.match(nextState(state, brokers([1, 2, 3]), rules, { isr: [1, 2], recovering: false }), {
    isr: [1, 2],
    elr: [],
    recovering: false,
    leaderEpoch: 5,
    partitionEpoch: 8,
  })
})

/** Replicas as the offsets that they have up to; what is committed moves by the rules that leaders keep to. */
class Model {
  readonly ends = new Map<number, number>()
  state = partition()
  committed = 0
  active = new Set([1, 2, 3])
  torn = new Set<number>()

  electorate(): Electorate {
    return { isActive: id => this.active.has(id), isTorn: id => this.torn.has(id) }
  }

  reconcile(): void {
    const before = this.state
    const next = nextState(before, this.electorate(), rules)
    if (next === null) return
    this.state = next
    if (next.leader === before.leader || next.leader < 0) return
    if (next.recovering) {
      this.committed = Math.min(this.committed, this.end(next.leader))
      this.state = nextState(next, this.electorate(), rules, { recovering: false }) ?? next
    }
    // Followers cut what the new leader does not have.
    for (const [id, end] of this.ends) this.ends.set(id, Math.min(end, this.end(next.leader)))
  }

  end(id: number): number {
    return this.ends.get(id) ?? 0
  }

  commit(): void {
    const { isr, elr, leader } = this.state
    if (leader < 0 || isr.length < rules.minInsyncReplicas || elr.length > 0) return
    this.committed = Math.max(this.committed, Math.min(...isr.map(id => this.end(id))))
  }

  step(random: { int(max: number): number }): void {
    const id = 1 + random.int(3)
    const { leader, isr } = this.state
    const isLed = leader >= 0 && this.active.has(leader)
    switch (random.int(7)) {
      case 0:
        if (isLed) this.ends.set(leader, this.end(leader) + 1)
        break
      case 1:
        if (isLed && this.active.has(id)) this.ends.set(id, this.end(leader))
        break
      case 2:
        this.active.delete(id)
        break
      case 3:
        // It comes back as it stopped.
        if (!this.torn.has(id)) this.active.add(id)
        break
      case 4:
        // It comes back having lost what it had; it takes part once that was dealt with.
        if (this.active.has(id)) break
        this.torn.add(id)
        this.ends.set(id, random.int(this.end(id) + 1))
        this.reconcile()
        this.torn.delete(id)
        this.active.add(id)
        break
      case 5:
        if (
          isLed &&
          this.active.has(id) &&
          !isr.includes(id) &&
          this.end(id) >= this.committed &&
          this.end(id) === this.end(leader)
        ) {
          this.state = nextState(this.state, this.electorate(), rules, { isr: [...isr, id] }) ?? this.state
        }
        break
      default:
        if (isLed && id !== leader && isr.includes(id)) {
          this.state =
            nextState(this.state, this.electorate(), rules, { isr: isr.filter(other => other !== id) }) ?? this.state
        }
    }
    if (random.int(2) === 0) this.reconcile()
    this.commit()
  }
}

t.test('whoever leads without having to recover has all that is committed, whatever comes and goes', async t => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed)
    const model = new Model()
    let { leaderEpoch, partitionEpoch } = model.state
    for (let step = 0; step < 200; step++) {
      model.step(random)
      const { state } = model
      if (state.leader >= 0 && model.end(state.leader) < model.committed) {
        t.fail(
          `seed ${seed}, step ${step}: ${state.leader} leads with ${model.end(state.leader)} of ${model.committed}`,
        )
        return
      }
      if (state.leaderEpoch < leaderEpoch || state.partitionEpoch < partitionEpoch)
        t.fail(`seed ${seed}: an epoch goes back`)
      if (state.isr.some(id => !state.replicas.includes(id) || state.elr.includes(id)))
        t.fail(`seed ${seed}: ${JSON.stringify(state)}`)
      leaderEpoch = state.leaderEpoch
      partitionEpoch = state.partitionEpoch
    }
  }
  t.pass('300 seeds')
})
