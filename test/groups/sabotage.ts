/** Faults put into groups on purpose: a simulation that finds none of them would find nothing. */
import type { GroupRecord } from '../../lib/groups/records.ts'
import { GroupShard } from '../../lib/groups/shard.ts'

/** By name; each is put in by a call, which gives how to take it out. */
export const groupSabotages: Readonly<Record<string, () => () => void>> = {
  'answer some joins twice': () => {
    const { join } = GroupShard.prototype
    let joins = 0
    GroupShard.prototype.join = function (this: GroupShard, request, caller, now, reply) {
      const isTwice = ++joins % 20 === 0
      return join.call(this, request, caller, now, answer => {
        reply(answer)
        if (isTwice) reply(answer)
      })
    }
    return () => {
      GroupShard.prototype.join = join
    }
  },

  'leave some syncs without an answer': () => {
    const { sync } = GroupShard.prototype
    let syncs = 0
    GroupShard.prototype.sync = function (this: GroupShard, request, now, reply) {
      return sync.call(this, request, now, ++syncs % 20 === 0 ? () => {} : reply)
    }
    return () => {
      GroupShard.prototype.sync = sync
    }
  },

  'forget some commits': () => forgetting('offset', 10),
  'forget some changes of members': () => forgetting('group', 10),
}

/** Of the records of a kind, one in so many does not take effect. */
function forgetting(kind: GroupRecord['kind'], oneIn: number): () => void {
  const { replay } = GroupShard.prototype
  let records = 0
  GroupShard.prototype.replay = function (this: GroupShard, record, producerId, now) {
    if (record.kind === kind && ++records % oneIn === 0) return
    replay.call(this, record, producerId, now)
  }
  return () => {
    GroupShard.prototype.replay = replay
  }
}
