/** A follower's half of a fetch session against the leader's, from seeds: both know of the same partitions at the same places. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { FetchSessions } from '../../lib/partitions/sessions/fetch-sessions.ts'
import { Following } from '../../lib/replication/following.ts'
import { LeaderSession } from '../../lib/replication/leader-session.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

/** A partition of which only its place in the log matters. */
function partitionAt(index: number) {
  const place = { currentLeaderEpoch: 0, fetchOffset: 0, lastFetchedEpoch: -1, logStartOffset: 0 }
  const topicId = index % 2 === 0 ? 'evenevenevenevenevenev' : 'oddoddoddoddoddoddoddo'
  let isReady = true
  const partition = {
    ...{ topic: '', topicId, index, leaderEpoch: 0, standing: 'online' },
    following: () => ({ nextFetch: () => (isReady ? { ...place } : null) }),
  }
  return {
    following: () => new Following(partition as never),
    place,
    setReady: (ready: boolean) => {
      isReady = ready
    },
    name: `${topicId}/${index}`,
  }
}

for (let seed = 1; seed <= 200; seed++) run(seed)

function run(seed: number): void {
  const random = seededRandom(seed)
  const sessions = new FetchSessions({ slotsMax: 10, clock: new ManualClock(), random })
  const session = new LeaderSession()
  const all = Array.from({ length: 6 }, (_, index) => partitionAt(index))
  const followed = new Map<(typeof all)[number], Following>()
  const wanted = new Set<Following>()
  for (let step = 0; step < 100; step++) {
    const each = all[random.int(all.length)]!
    const following = followed.get(each)
    const die = random.int(10)
    if (die < 3 && following === undefined) {
      followed.set(each, each.following())
      wanted.add(followed.get(each)!)
    } else if (die === 3 && following !== undefined) {
      // Gone, or followed in another epoch from now on.
      session.leave(following)
      wanted.delete(following)
      followed.delete(each)
      if (random.int(2) === 0) {
        followed.set(each, each.following())
        wanted.add(followed.get(each)!)
      }
    } else if (die === 4 && following !== undefined) {
      session.leave(following)
      wanted.delete(following)
    } else if (die === 5) {
      each.setReady(random.int(2) === 0)
      if (following !== undefined) wanted.add(following)
    } else if (die === 6) session.reset()
    else if (following !== undefined) {
      each.place.fetchOffset += random.int(3)
      each.place.logStartOffset += random.int(2)
      wanted.add(following)
    }
    if (random.int(3) > 0) continue
    if (!session.isOpen) for (const one of followed.values()) wanted.add(one)
    const isSecond = random.int(2) === 0
    const request = session.next(wanted, 1_000, isSecond)
    wanted.clear()
    if (request === null) continue
    const { part } = request
    const opened = sessions.open(part, true, true)
    if (part.sessionEpoch === 0) session.opened(opened.kind === 'session' ? opened.session.id : 0)
    if (opened.kind === 'error') {
      t.fail(`seed ${seed}: the leader refuses with ${opened.errorCode}`)
      return
    }
    if (opened.kind === 'once') {
      // The last one has left: the leader ends the session, of which a follower hears when it goes on with it.
      if (part.sessionEpoch > 0) session.reset()
      continue
    }
    const known = [...opened.session.slots()].map(
      slot => [`${slot.topicId}/${slot.index}`, slot.fetchOffset, slot.logStartOffset] as const,
    )
    const meant = all
      .filter(one => followed.get(one)?.sent)
      .map(one => [one.name, followed.get(one)!.sent!.fetchOffset, followed.get(one)!.sent!.logStartOffset] as const)
    const [a, b] = [known, meant].map(list => JSON.stringify([...list].sort((x, y) => (x[0] < y[0] ? -1 : 1))))
    if (a !== b) {
      t.fail(`seed ${seed}: the leader knows ${a}, its follower means ${b}`)
      return
    }
  }
}

t.pass('200 seeds')
