/** The embedded store: the contract, and what is its own: crashes, rewriting, failing disks. */
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { EmbeddedStore } from '../../lib/metadata/embedded.ts'
import { type Journal, memoryJournal } from '../../lib/metadata/journal.ts'
import { journalDirectoryName, openJournal } from '../../lib/metadata/log-journal.ts'
import type { Session } from '../../lib/metadata/store.ts'
import { diskFiles, type Files, memoryFiles } from '../../storage/files.ts'
import { crashesIn } from '../base/crashes.ts'
import { storeContract, writeMuch } from './contract.ts'

function journalIn(dataDirectory: string, files: Files = diskFiles): Journal {
  return openJournal({ dataDirectory, files, now: () => 0, schedule: run => systemClock.immediate(run) })
}

async function expire(session: Session): Promise<void> {
  await session.close()
}

t.test('a store in memory only', async t => {
  storeContract(t, { make: async () => new EmbeddedStore(memoryJournal()), expire, forget: writeMuch })
})

t.test('a store with its journal in files of memory', async t => {
  storeContract(t, {
    make: async () => new EmbeddedStore(journalIn('/data', memoryFiles())),
    expire,
    forget: writeMuch,
  })
})

t.test('a store with its journal on disk', async t => {
  storeContract(t, { make: async (t: Test) => new EmbeddedStore(journalIn(t.testdir())), expire, forget: writeMuch })
})

/** The data directory as it would be found after kill -9 at this moment. */
function killed(directory: string): string {
  const copy = `${directory}-copy`
  cpSync(directory, copy, { recursive: true })
  return copy
}

t.test('what was acknowledged is there after a kill, what was deleted is not', async t => {
  const directory = join(t.testdir(), 'data')
  const store = new EmbeddedStore(journalIn(directory))
  await store.transact({
    changes: [
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ],
  })
  await store.transact({
    changes: [
      { key: 'a', value: null },
      { key: 'c', value: 'ü' },
    ],
  })
  const again = new EmbeddedStore(journalIn(killed(directory)))
  t.same(
    (await again.list('')).entries.map(({ key, value }) => [key, value]),
    [
      ['b', '2'],
      ['c', 'ü'],
    ],
  )
  const { revision } = await again.list('')
  t.ok((await again.transact({ changes: [{ key: 'd', value: '4' }] })).revision > revision)
  await again.close()
  await store.close()
})

t.test('a change may be larger than what a topic takes', async t => {
  const files = memoryFiles()
  const value = 'x'.repeat(3_000_000)
  const store = new EmbeddedStore(journalIn('/data', files))
  await store.transact({ changes: [{ key: 'a', value }] })
  const again = new EmbeddedStore(journalIn('/data', files))
  t.same(
    (await again.list('')).entries.map(entry => entry.value.length),
    [value.length],
  )
  await again.close()
  await store.close()
})

t.test('keys of sessions are not there after a restart, nor what they stood over', async t => {
  const directory = join(t.testdir(), 'data')
  const store = new EmbeddedStore(journalIn(directory))
  const session = await store.openSession(1_000)
  await store.transact({
    changes: [
      { key: 'broker', value: '1', session },
      { key: 'a', value: '1' },
    ],
  })
  await store.transact({ changes: [{ key: 'a', value: '2', session }] })
  const again = new EmbeddedStore(journalIn(killed(directory)))
  t.same((await again.list('')).entries, [])
  await again.close()
  await store.close()
})

t.test('a history that has grown long is rewritten, and nothing is lost by it', async t => {
  const directory = join(t.testdir(), 'data')
  const store = new EmbeddedStore(journalIn(directory))
  await store.transact({
    changes: Array.from({ length: 1_200 }, (_, i) => ({ key: `kept/${i}`, value: 'x'.repeat(20) })),
  })
  for (let round = 0; round < 12; round++) {
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) =>
        store.transact({ changes: [{ key: `busy/${i % 10}`, value: `${round}.${i}` }] }),
      ),
    )
  }
  const files = readdirSync(join(directory, journalDirectoryName)).filter(name => name.endsWith('.log'))
  t.equal(files.length, 1, 'the old segments are gone')
  t.not(files[0], '00000000000000000000.log')
  const again = new EmbeddedStore(journalIn(killed(directory)))
  const before = (await store.list('')).entries.map(({ key, value }) => [key, value])
  t.equal(before.length, 1_210)
  t.same(
    (await again.list('')).entries.map(({ key, value }) => [key, value]),
    before,
  )
  await again.close()
  await store.close()
})

t.test('when the disk fails the change is rejected, never applied, and so is all that follows', async t => {
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  const failing: Journal = { ...memoryJournal(), revision: 0, flush: () => Promise.reject(full) }
  const store = new EmbeddedStore(failing)
  const session = await store.openSession(1_000)
  await t.rejects(store.transact({ changes: [{ key: 'a', value: '1' }] }), /ENOSPC/)
  await t.rejects(store.transact({ changes: [{ key: 'a', value: '1' }] }), /ENOSPC/)
  await t.rejects(store.get('a'), /ENOSPC/)
  t.ok(session.ended)
  await store.close()
})

t.test('changes of the same moment share one flush', async t => {
  let flushes = 0
  const counting: Journal = {
    ...memoryJournal(),
    revision: 0,
    flush: async () => {
      flushes++
    },
  }
  const store = new EmbeddedStore(counting)
  await Promise.all(Array.from({ length: 100 }, (_, i) => store.transact({ changes: [{ key: `${i}`, value: '1' }] })))
  t.equal(flushes, 1)
  await store.close()
})

t.test(
  'a change that finds no descriptors is refused, one that waits for the disk waits for them, and others go on',
  async t => {
    const exhausted = () => Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
    let full: 'append' | 'flush' | null = null
    const fail = (at: 'append' | 'flush') => {
      if (full === at) throw exhausted()
    }
    const journal: Journal = {
      ...memoryJournal(),
      revision: 0,
      append: () => fail('append'),
      flush: async () => fail('flush'),
    }
    let pauses = 0
    const store = new EmbeddedStore(journal, async () => {
      if (++pauses === 3) full = null
    })
    full = 'append'
    await t.rejects(store.transact({ changes: [{ key: 'a', value: '1' }] }), /EMFILE/)
    full = 'flush'
    t.match(await store.transact({ changes: [{ key: 'b', value: '1' }] }), { applied: true, revision: 1 })
    t.equal(pauses, 3)
    t.equal(await store.get('a'), null)
    t.match(await store.get('b'), { value: '1', revision: 1 })
    t.match(await store.transact({ changes: [{ key: 'a', value: '2' }] }), { applied: true, revision: 2 })
    await store.close()
  },
)

t.test('a bug in the journal ends the process', async t => {
  const bug = new TypeError('a bug')
  const failing: Journal = { ...memoryJournal(), revision: 0, flush: () => Promise.reject(bug) }
  const store = new EmbeddedStore(failing)
  const bugs = await crashesIn(() => void store.transact({ changes: [{ key: 'a', value: '1' }] }))
  t.ok(bugs.length > 0 && bugs.every(each => each === bug))
})
