/** Faults put into consumer groups on purpose: a simulation that finds none of them would find nothing. */
import { ConsumerGroup } from '../../../lib/groups/consumer/consumer-group.ts'
import { ConsumerGroups } from '../../../lib/groups/consumer/consumer-groups.ts'

/** By name; each is put in by a call, which gives how to take it out. */
export const consumerGroupSabotages: Readonly<Record<string, () => () => void>> = {
  'take partitions for free that others own': () => {
    const { ownerOf } = ConsumerGroup.prototype
    ConsumerGroup.prototype.ownerOf = () => undefined
    return () => {
      ConsumerGroup.prototype.ownerOf = ownerOf
    }
  },

  'forget that topics have changed': () => {
    const { lookAtTopics } = ConsumerGroup.prototype
    ConsumerGroup.prototype.lookAtTopics = () => {}
    return () => {
      ConsumerGroup.prototype.lookAtTopics = lookAtTopics
    }
  },

  'lose some records': () => {
    const { replay } = ConsumerGroups.prototype
    let records = 0
    ConsumerGroups.prototype.replay = function (this: ConsumerGroups, record, now) {
      if (++records % 50 !== 0) replay.call(this, record, now)
    }
    return () => {
      ConsumerGroups.prototype.replay = replay
    }
  },

  'let a heartbeat change the group before its records are written': () => {
    const { heartbeat } = ConsumerGroups.prototype
    ConsumerGroups.prototype.heartbeat = function (this: ConsumerGroups, request, caller, now) {
      const outcome = heartbeat.call(this, request, caller, now)
      for (const record of outcome.records) if (record.kind === 'consumerTarget') this.replay(record, now)
      return outcome
    }
    return () => {
      ConsumerGroups.prototype.heartbeat = heartbeat
    }
  },
}
