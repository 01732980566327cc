/** What every engine behind MetadataStore must do. Each engine's test runs these against its own stores. */
import type { Test } from 'tap'
import { campaign } from '../../lib/metadata/leadership.ts'
import {
  HistoryGone,
  type MetadataStore,
  type Session,
  SessionEnded,
  type Transaction,
  type WatchEvent,
} from '../../lib/metadata/store.ts'

/** An engine as the tests need it. */
export interface Engine {
  /** A store over a history of its own. */
  make(t: Test): Promise<MetadataStore>
  /** Makes the engine believe that the holder of the session has died. */
  expire(session: Session): Promise<void>
  /** Makes the engine forget the history before now. */
  forget(store: MetadataStore): Promise<void>
}

/** Turns of the event loop after which a store of this process has told of everything; another takes as long as etcd does. */
const turnsMax = 100
const lookAgainMs = 2

/** Resolves as soon as the condition holds. Whoever waits for another process leaves it the CPU. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    await new Promise<void>(resolve => {
      if (turns < turnsMax) setImmediate(resolve)
      else setTimeout(resolve, lookAgainMs)
    })
  }
}

/** For an engine that remembers so many transactions. */
export async function writeMuch(store: MetadataStore): Promise<void> {
  await Promise.all(
    Array.from({ length: 2_500 }, (_, i) => store.transact({ changes: [{ key: 'much', value: String(i) }] })),
  )
}

function neverGone(): void {
  throw new Error('the history is there')
}

export function storeContract(t: Test, engine: Engine): void {
  t.test('a key that was never written is absent', async t => {
    const store = await engine.make(t)
    t.equal(await store.get('a'), null)
    t.strictSame((await store.list('')).entries, [])
    await store.close()
  })

  t.test('a transaction writes, changes and deletes keys, and its revision is greater than all before it', async t => {
    const store = await engine.make(t)
    const first = await store.transact({
      changes: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
      ],
    })
    t.ok(first.applied)
    t.same(await store.get('a'), { key: 'a', value: '1', revision: first.revision })
    const second = await store.transact({
      changes: [
        { key: 'a', value: '3' },
        { key: 'b', value: null },
      ],
    })
    t.ok(second.revision > first.revision)
    t.same(await store.get('a'), { key: 'a', value: '3', revision: second.revision })
    t.equal(await store.get('b'), null)
    await store.close()
  })

  t.test('a listing gives the keys with a prefix, in order, and the revision it reflects', async t => {
    const store = await engine.make(t)
    await store.transact({
      changes: [
        { key: 'x/2', value: 'b' },
        { key: 'y/1', value: 'c' },
      ],
    })
    const { revision } = await store.transact({ changes: [{ key: 'x/1', value: 'a' }] })
    const listing = await store.list('x/')
    t.same(
      listing.entries.map(({ key, value }) => [key, value]),
      [
        ['x/1', 'a'],
        ['x/2', 'b'],
      ],
    )
    t.equal(listing.revision, revision)
    await store.close()
  })

  t.test('nothing is done where a condition does not hold', async t => {
    const store = await engine.make(t)
    const { revision } = await store.transact({ changes: [{ key: 'a', value: '1' }] })
    const refused = await store.transact({
      conditions: [{ key: 'a', revision: 0 }],
      changes: [
        { key: 'a', value: '2' },
        { key: 'b', value: '2' },
      ],
    })
    t.notOk(refused.applied)
    t.equal((await store.get('a'))?.value, '1')
    t.equal(await store.get('b'), null)
    const applied = await store.transact({ conditions: [{ key: 'a', revision }], changes: [{ key: 'a', value: '2' }] })
    t.ok(applied.applied)
    await store.close()
  })

  t.test(
    'keys go by their prefix, as they are when the transaction is applied, and watchers are told of each',
    async t => {
      const store = await engine.make(t)
      const { revision } = await store.transact({
        changes: ['p/a/0', 'p/a/1', 'p/b/0', 'p/a'].map(key => ({ key, value: '1' })),
      })
      const events: WatchEvent[] = []
      await store.watch('p/a', revision, event => events.push(event), neverGone)
      const [, deletion] = await Promise.all([
        store.transact({ changes: [{ key: 'p/a/10', value: '1' }] }),
        store.transact({
          changes: [
            { prefix: 'p/a/', value: null },
            { key: 'x', value: '1' },
          ],
        }),
      ])
      t.same(
        (await store.list('p/')).entries.map(({ key }) => key),
        ['p/a', 'p/b/0'],
      )
      t.same(events.at(-1), {
        revision: deletion.revision,
        changes: ['p/a/0', 'p/a/1', 'p/a/10'].map(key => ({ key, value: null })),
      })
      const none = await store.transact({ changes: [{ prefix: 'p/c/', value: null }] })
      t.ok(none.applied)
      await store.close()
    },
  )

  t.test('a prefix is deleted only where the conditions hold', async t => {
    const store = await engine.make(t)
    await store.transact({ changes: [{ key: 'p/0', value: '1' }] })
    const { applied } = await store.transact({
      conditions: [{ key: 'topic', revision: 1 }],
      changes: [{ prefix: 'p/', value: null }],
    })
    t.notOk(applied)
    t.equal((await store.get('p/0'))?.value, '1')
    await store.close()
  })

  t.test('a refusal tells the newest revision of its conditions, not the one of others', async t => {
    const store = await engine.make(t)
    const a = await store.transact({ changes: [{ key: 'a', value: '1' }] })
    await store.transact({ changes: [{ key: 'other', value: '1' }] })
    const refused = await store.transact({
      conditions: [
        { key: 'a', revision: a.revision },
        { key: 'b', revision: a.revision },
      ],
      changes: [{ key: 'b', value: '1' }],
    })
    t.notOk(refused.applied)
    t.equal(refused.revision, a.revision)
    await store.close()
  })

  t.test('who is refused has been told why by then, of a deletion too', async t => {
    const store = await engine.make(t)
    const { revision } = await store.transact({ changes: [{ key: 'x/a', value: '1' }] })
    const seen: string[] = []
    await store.watch(
      'x/',
      revision,
      ({ changes }) => {
        for (const { key, value } of changes) seen.push(`${key}=${value}`)
      },
      neverGone,
    )
    const refusedBy = (changes: Transaction['changes']) => {
      void store.transact({ changes })
      return store.transact({ conditions: [{ key: 'x/a', revision }], changes: [{ key: 'x/a', value: 'mine' }] })
    }
    t.notOk((await refusedBy([{ key: 'x/a', value: '2' }])).applied)
    t.same(seen, ['x/a=2'])
    t.notOk((await refusedBy([{ key: 'x/a', value: null }])).applied)
    t.same(seen, ['x/a=2', 'x/a=null'])
    await store.close()
  })

  t.test('deleting what is not there is applied, and nothing that a watcher would have to wait for', async t => {
    const store = await engine.make(t)
    const a = await store.transact({ changes: [{ key: 'a', value: '1' }] })
    const events: WatchEvent[] = []
    await store.watch('', a.revision, event => events.push(event), neverGone)
    const result = await store.transact({
      conditions: [{ key: 'a', revision: a.revision }],
      changes: [
        { key: 'b', value: null },
        { prefix: 'c/', value: null },
      ],
    })
    t.same(result, { applied: true, revision: a.revision })
    t.same(events, [])
    await store.close()
  })

  t.test('a key may be touched once in a transaction', async t => {
    const store = await engine.make(t)
    const twice = [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ]
    await t.rejects(store.transact({ changes: twice }))
    await t.rejects(store.transact({ changes: [{ prefix: '', value: null }] }))
    t.equal(await store.get('a'), null)
    await store.close()
  })

  t.test('of many who compare and set at once exactly one wins each round', async t => {
    const store = await engine.make(t)
    const add = async () => {
      for (;;) {
        const entry = await store.get('n')
        const { applied } = await store.transact({
          conditions: [{ key: 'n', revision: entry?.revision ?? 0 }],
          changes: [{ key: 'n', value: String(Number(entry?.value ?? 0) + 1) }],
        })
        if (applied) return
      }
    }
    await Promise.all(Array.from({ length: 8 }, add))
    t.equal((await store.get('n'))?.value, '8')
    await store.close()
  })

  t.test('transactions that are asked for together are applied in that order', async t => {
    const store = await engine.make(t)
    const results = await Promise.all([
      store.transact({ conditions: [{ key: 'a', revision: 0 }], changes: [{ key: 'a', value: '1' }] }),
      store.transact({ conditions: [{ key: 'a', revision: 0 }], changes: [{ key: 'a', value: '2' }] }),
      store.transact({ changes: [{ key: 'a', value: '3' }] }),
    ])
    t.same(
      results.map(({ applied }) => applied),
      [true, false, true],
    )
    t.equal((await store.get('a'))?.value, '3')
    await store.close()
  })

  t.test(
    'a watcher is told of each transaction on its keys, whole and in order, before the transaction resolves',
    async t => {
      const store = await engine.make(t)
      const { revision } = await store.transact({ changes: [{ key: 'x/0', value: '0' }] })
      const events: WatchEvent[] = []
      const watch = await store.watch('x/', revision, event => events.push(event), neverGone)
      const one = await store.transact({
        changes: [
          { key: 'x/1', value: '1' },
          { key: 'y', value: '1' },
          { key: 'x/2', value: '2' },
        ],
      })
      t.equal(events.length, 1, 'told by the time it resolves')
      await store.transact({ changes: [{ key: 'y', value: '2' }] })
      const two = await store.transact({ changes: [{ key: 'x/1', value: null }] })
      t.same(events, [
        {
          revision: one.revision,
          changes: [
            { key: 'x/1', value: '1' },
            { key: 'x/2', value: '2' },
          ],
        },
        { revision: two.revision, changes: [{ key: 'x/1', value: null }] },
      ])
      watch.close()
      await store.transact({ changes: [{ key: 'x/1', value: '3' }] })
      t.equal(events.length, 2, 'a closed watch is told nothing')
      await store.close()
    },
  )

  t.test('a watcher that begins at an earlier revision is told what it missed, deletions too', async t => {
    const store = await engine.make(t)
    const { revision } = await store.transact({ changes: [{ key: 'a', value: '1' }] })
    await store.transact({ changes: [{ key: 'b', value: '2' }] })
    await store.transact({ changes: [{ key: 'a', value: null }] })
    const seen: string[] = []
    await store.watch(
      '',
      revision,
      ({ changes }) => {
        for (const { key, value } of changes) seen.push(`${key}=${value}`)
      },
      neverGone,
    )
    await until(() => seen.length === 2)
    t.same(seen, ['b=2', 'a=null'])
    await store.close()
  })

  t.test('watching from a revision that is forgotten is refused, so that the watcher lists again', async t => {
    const store = await engine.make(t)
    const { revision } = await store.transact({ changes: [{ key: 'a', value: '0' }] })
    for (const value of ['1', '2']) await store.transact({ changes: [{ key: 'a', value }] })
    await engine.forget(store)
    await t.rejects(
      store.watch('', revision, () => {}, neverGone),
      HistoryGone,
    )
    await store.close()
  })

  t.test('the keys of a session go when it is closed, and others are told', async t => {
    const store = await engine.make(t)
    const session = await store.openSession(5_000)
    const { revision } = await store.transact({
      changes: [
        { key: 'here', value: '1', session },
        { key: 'stays', value: '1' },
      ],
    })
    const gone: string[] = []
    await store.watch(
      '',
      revision,
      ({ changes }) => {
        for (const { key, value } of changes) if (value === null) gone.push(key)
      },
      neverGone,
    )
    let ended = 0
    session.onEnd(() => ended++)
    await session.close()
    await until(() => gone.length > 0)
    t.same(gone, ['here'])
    t.ok(session.ended)
    t.equal(ended, 1)
    t.equal(await store.get('here'), null)
    t.equal((await store.get('stays'))?.value, '1')
    await store.close()
  })

  t.test('the keys of a session go when its holder dies', async t => {
    const store = await engine.make(t)
    const session = await store.openSession(5_000)
    await store.transact({ changes: [{ key: 'here', value: '1', session }] })
    let ended = false
    session.onEnd(() => {
      ended = true
    })
    await engine.expire(session)
    await until(() => ended)
    t.equal(await store.get('here'), null)
    await store.close()
  })

  t.test('a key that is written again without its session stays', async t => {
    const store = await engine.make(t)
    const session = await store.openSession(5_000)
    await store.transact({ changes: [{ key: 'a', value: '1', session }] })
    await store.transact({ changes: [{ key: 'a', value: '2' }] })
    await session.close()
    t.equal((await store.get('a'))?.value, '2')
    await store.close()
  })

  t.test('a transaction on a session that has ended is refused', async t => {
    const store = await engine.make(t)
    const session = await store.openSession(5_000)
    await session.close()
    await t.rejects(store.transact({ changes: [{ key: 'a', value: '1', session }] }), SessionEnded)
    t.equal(await store.get('a'), null)
    await store.close()
  })

  t.test('one candidate leads at a time, and the next one when it resigns', async t => {
    const store = await engine.make(t)
    const [one, two] = [await store.openSession(5_000), await store.openSession(5_000)]
    const first = await campaign(store, 'controller', '1', one)
    let second: Awaited<ReturnType<typeof campaign>> | null = null
    const waiting = campaign(store, 'controller', '2', two).then(leadership => {
      second = leadership
    })
    t.equal((await store.get('leaders/controller'))?.value, '1')
    t.equal(second, null)
    await first.resign()
    await waiting
    t.equal((await store.get('leaders/controller'))?.value, '2')
    t.ok(second!.epoch > first.epoch)
    await store.close()
  })

  t.test('a leader that dies is followed, and its fenced transactions do nothing', async t => {
    const store = await engine.make(t)
    const [one, two] = [await store.openSession(5_000), await store.openSession(5_000)]
    const first = await campaign(store, 'controller', '1', one)
    const waiting = campaign(store, 'controller', '2', two)
    t.ok((await store.transact({ conditions: [first.condition], changes: [{ key: 'a', value: '1' }] })).applied)
    await engine.expire(one)
    const second = await waiting
    t.notOk((await store.transact({ conditions: [first.condition], changes: [{ key: 'a', value: '2' }] })).applied)
    t.ok((await store.transact({ conditions: [second.condition], changes: [{ key: 'a', value: '3' }] })).applied)
    await store.close()
  })

  t.test('a candidate waits also for a leader that took office long ago', async t => {
    const store = await engine.make(t)
    const [one, two] = [await store.openSession(5_000), await store.openSession(5_000)]
    const first = await campaign(store, 'controller', '1', one)
    for (const value of ['1', '2']) await store.transact({ changes: [{ key: 'a', value }] })
    await engine.forget(store)
    const waiting = campaign(store, 'controller', '2', two)
    await first.resign()
    t.equal((await waiting).epoch, first.epoch + 1)
    await store.close()
  })

  t.test('a candidate whose session ends gives up', async t => {
    const store = await engine.make(t)
    const [one, two] = [await store.openSession(5_000), await store.openSession(5_000)]
    await campaign(store, 'controller', '1', one)
    const refused = t.rejects(campaign(store, 'controller', '2', two), SessionEnded)
    await two.close()
    await refused
    await store.close()
  })

  t.test('a closed store refuses everything', async t => {
    const store = await engine.make(t)
    const session = await store.openSession(5_000)
    await store.close()
    t.ok(session.ended)
    await t.rejects(store.get('a'))
    await t.rejects(store.list(''))
    await t.rejects(store.transact({ changes: [{ key: 'a', value: '1' }] }))
    await store.close()
  })
}
