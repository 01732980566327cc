/** History that is forgotten by its age, and by whom. */
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { keepCompact } from '../../lib/metadata/compaction.ts'
import { RevisionTimes } from '../../lib/metadata/etcd/revision-times.ts'
import type { MetadataStore } from '../../lib/metadata/store.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

t.test('a revision is as old as it is known to be', async t => {
  const clock = new ManualClock()
  const times = new RevisionTimes(clock)
  t.equal(times.newestBefore(0), null)
  times.note(10)
  await clock.advance(15_000)
  times.note(20)
  await clock.advance(1_000)
  times.note(21)
  times.note(Number.NaN)
  t.equal(times.newestBefore(0), 21)
  t.equal(times.newestBefore(1_000), 20)
  t.equal(times.newestBefore(2_000), 10)
  t.equal(times.newestBefore(17_000), null)
})

t.test('the controller alone lets history be forgotten, once a minute', async t => {
  const clock = new ManualClock()
  const compacted: number[] = []
  const store = { compact: async (olderThanMs: number) => void compacted.push(olderThanMs) } as Partial<MetadataStore>
  let isController = false
  const stop = keepCompact({
    store: store as MetadataStore,
    historyMs: 600_000,
    isController: () => isController,
    clock,
    logger: silentLogger,
  })
  await clock.advance(120_000)
  t.same(compacted, [])
  isController = true
  await clock.advance(120_000)
  t.same(compacted, [600_000, 600_000])
  stop()
  await clock.advance(120_000)
  t.equal(compacted.length, 2)
})
