/** How groups get on, by looks at them over time: ten groups, each with its story. */
import t from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { SharedSlices } from '../../lib/base/shared-slices.ts'
import { EndHistory } from '../../lib/metrics/lag/end-history.ts'
import { type LagStatus, worst } from '../../lib/metrics/lag/lag-status.ts'
import { type Commit, LagWatch, type LagWatchOptions } from '../../lib/metrics/lag/lag-watch.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

/** A cluster of one topic per group, whose commits and ends a test sets. */
class World {
  readonly clock = new ManualClock({ immediates: 'real' })
  readonly commits = new Map<string, Commit>()
  readonly ends = new Map<string, number>()
  readonly watch: LagWatch

  constructor(options: Partial<LagWatchOptions> = {}) {
    this.watch = new LagWatch({
      clock: this.clock,
      slices: new SharedSlices(systemClock),
      commits: () => this.commits.values(),
      ownEnd: topic => this.ends.get(topic) ?? null,
      ask: async () => new Map(),
      ...options,
    })
  }

  commit(groupId: string, offset: number, partition = 0): void {
    const commit = { groupId, topic: `of-${groupId}`, partition, offset, commitMs: this.clock.now() }
    this.commits.set(`${groupId}-${partition}`, commit)
  }

  end(groupId: string, end: number): void {
    this.ends.set(`of-${groupId}`, end)
  }

  /** Lets time pass, and waits for the look that is due. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    // One that was due meanwhile is over then.
    await new Promise(resolve => setImmediate(resolve))
    await this.watch.refresh()
  }

  statusOf(groupId: string): LagStatus {
    const lags = [...this.watch.all()].filter(lag => lag.groupId === groupId)
    return worst(lags.map(lag => this.watch.statusOf(lag)))
  }

  lagOf(groupId: string): { lag: number; lagSeconds: number } | null {
    const lag = [...this.watch.all()].find(each => each.groupId === groupId)
    return lag === undefined ? null : { lag: lag.lag, lagSeconds: lag.lagSeconds }
  }
}

const stories: readonly [name: string, expected: LagStatus, story: (world: World, step: number) => void][] = [
  [
    'one that keeps up is well',
    'OK',
    (world, step) => {
      world.end('g', step * 100)
      world.commit('g', step * 100)
    },
  ],
  [
    'one that lags by about as much all the time is well',
    'OK',
    (world, step) => {
      world.end('g', 1_000 + step * 100)
      world.commit('g', 500 + step * 100 + (step % 2) * 50)
    },
  ],
  [
    'one that is slower than what comes is warned of',
    'WARN',
    (world, step) => {
      world.end('g', 1_000 + step * 100)
      world.commit('g', 500 + step * 50)
    },
  ],
  [
    'one that commits the same offset again and again stalls',
    'STALL',
    (world, step) => {
      world.end('g', 1_000 + step * 10)
      world.commit('g', 500)
    },
  ],
  [
    'one that commits nothing has stopped',
    'STOP',
    (world, step) => {
      world.end('g', 1_000 + step * 10)
      if (step === 0) world.commit('g', 500)
    },
  ],
  [
    'one that stopped with nothing left to read is well',
    'OK',
    (world, step) => {
      world.end('g', 1_000)
      if (step === 0) world.commit('g', 1_000)
    },
  ],
  [
    'one that goes back is rewinding',
    'REWIND',
    (world, step) => {
      world.end('g', 1_000 + step * 100)
      world.commit('g', step < 20 ? 900 + step * 100 : 10)
    },
  ],
  [
    'one that is new is not judged yet',
    'OK',
    (world, step) => {
      world.end('g', 1_000 + step * 100)
      if (step >= 20) world.commit('g', 5)
    },
  ],
  [
    'one that reads an empty topic is well',
    'OK',
    (world, step) => {
      world.end('g', 0)
      if (step === 0) world.commit('g', 0)
    },
  ],
  [
    'one that had nothing to read a moment ago is well, whatever came since',
    'OK',
    (world, step) => {
      world.end('g', step < 22 ? 1_000 : 5_000)
      if (step === 0) world.commit('g', 1_000)
    },
  ],
  [
    'one that works off what it had left is well',
    'OK',
    (world, step) => {
      world.end('g', 10_000)
      world.commit('g', step * 50)
    },
  ],
]

for (const [name, expected, story] of stories) {
  t.test(`${name}: ${expected}`, async t => {
    const world = new World()
    t.teardown(() => world.watch.close())
    for (let step = 0; step < 24; step++) {
      story(world, step)
      await world.pass(10_000)
    }
    t.equal(world.statusOf('g'), expected)
  })
}

t.test('one without a commit has no figures, and one whose end is not known has none yet', async t => {
  const world = new World()
  t.teardown(() => world.watch.close())
  world.end('g', 100)
  await world.pass(10_000)
  t.same([...world.watch.all()], [])
  world.commit('other', 5)
  await world.pass(10_000)
  t.match(world.lagOf('other'), { lag: -1 })
  world.commits.clear()
  await world.pass(10_000)
  t.same([...world.watch.all()], [], 'nor one whose offsets are gone')
})

t.test('a group is judged by its worst partition', async t => {
  const world = new World()
  t.teardown(() => world.watch.close())
  for (let step = 0; step < 24; step++) {
    world.end('g', 1_000 + step * 100)
    world.commit('g', 1_000 + step * 100, 0)
    if (step === 0) world.commit('g', 10, 1)
    await world.pass(10_000)
  }
  t.equal(world.statusOf('g'), 'STOP')
})

t.test('who asks often does not shorten the window', async t => {
  const world = new World()
  t.teardown(() => world.watch.close())
  world.commit('g', 500)
  for (let second = 0; second < 100; second++) {
    world.end('g', 1_000 + second)
    await world.pass(1_000)
  }
  t.equal(world.statusOf('g'), 'OK')
  for (let second = 0; second < 60; second++) await world.pass(1_000)
  t.equal(world.statusOf('g'), 'STOP')
  t.ok([...world.watch.all()][0]!.looks.length < 40)
})

t.test('lag is never less than nothing', async t => {
  const world = new World()
  t.teardown(() => world.watch.close())
  world.end('g', 10)
  world.commit('g', 50)
  await world.pass(10_000)
  t.same(world.lagOf('g'), { lag: 0, lagSeconds: 0 })
})

t.test('what others lead is asked for, and stays as it was where they do not answer', async t => {
  let ends = new Map([['of-g', new Map([[0, 30]])]])
  const asked: string[] = []
  const world = new World({
    ask: async wanted => {
      for (const [topic, partitions] of wanted) asked.push(`${topic}:${[...partitions]}`)
      return ends
    },
  })
  t.teardown(() => world.watch.close())
  world.commit('g', 10)
  await world.pass(10_000)
  t.match(world.lagOf('g'), { lag: 20 })
  t.ok(asked.includes('of-g:0'))
  ends = new Map()
  world.commit('g', 15)
  await world.pass(10_000)
  t.match(world.lagOf('g'), { lag: 15 })
})

t.test('no more partitions of groups are kept than may be, and the others are counted', async t => {
  const world = new World({ partitionsMax: 3 })
  t.teardown(() => world.watch.close())
  for (let i = 0; i < 5; i++) {
    world.end(`g${i}`, 10)
    world.commit(`g${i}`, 5)
  }
  await world.pass(10_000)
  t.equal([...world.watch.all()].length, 3)
  t.equal(world.watch.dropped, 2)
})

t.test('lag in seconds is since the end passed the offset, whatever the time of records is', async t => {
  const world = new World()
  t.teardown(() => world.watch.close())
  world.end('g', 100)
  world.commit('g', 100)
  await world.pass(60_000)
  t.match(world.lagOf('g'), { lag: 0, lagSeconds: 0 })
  world.end('g', 200)
  await world.pass(10_000)
  t.match(world.lagOf('g'), { lag: 100 })
  await world.pass(30_000)
  const { lagSeconds } = world.lagOf('g')!
  t.ok(lagSeconds >= 30 && lagSeconds <= 40, `${lagSeconds}: it was passed between two looks`)
  world.commit('g', 150)
  await world.pass(0)
  t.ok(world.lagOf('g')!.lagSeconds < lagSeconds, 'the half of it that came later')
})

t.test('a history of ends says when an offset was passed, and goes back a long way in little', t => {
  const history = new EndHistory()
  for (let second = 0; second <= 100_000; second++) history.note(second * 1_000, second * 10)
  const atMs = (offset: number) => history.passedMs(offset)!
  for (const second of [99_990, 99_000, 90_000, 50_000, 1_000]) {
    t.ok(Math.abs(atMs(second * 10) - second * 1_000) <= 2_000, `${second}: ${atMs(second * 10)}`)
  }
  t.equal(history.passedMs(1_000_000), null, 'not yet')
  history.note(100_001_000, 500)
  t.equal(history.passedMs(500), null, 'an end that went back')
  t.end()
})

t.test('what is behind the first look was passed then, at the latest', t => {
  const history = new EndHistory()
  history.note(5_000, 100)
  t.equal(history.passedMs(3), 5_000)
  history.note(65_000, 100)
  history.note(66_000, 200)
  t.equal(history.passedMs(99), 5_000)
  t.equal(history.passedMs(149), 65_500, 'in proportion')
  t.equal(history.passedMs(200), null)
  t.end()
})
