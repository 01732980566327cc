/**
 * Group records as Kafka keeps them in `__consumer_offsets`: the key begins with the record's type, the value with its
 * version, two bytes each.
 */
import { decode, encode } from '../../protocol/codec.ts'
import { GroupMetadataKey, GroupMetadataValue } from '../../protocol/stored/group-metadata.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../protocol/stored/offset-commit.ts'
import { groupRecordTypes } from '../../protocol/stored/record-types.ts'
import { decodeConsumerRecord, encodeConsumerRecord } from './consumer/stored.ts'
import type { CommittedOffset, GroupRecord, RecordedGroup } from './records.ts'

/** A record's key and value; a null value is a tombstone. */
export interface KeyValue {
  readonly key: Buffer
  readonly value: Buffer | null
}

/** Record types, as keys begin. Type 0 is the first form of 1. */
const types = {
  legacyOffset: groupRecordTypes.LegacyOffsetCommit,
  offset: groupRecordTypes.OffsetCommit,
  group: groupRecordTypes.GroupMetadata,
}
const groupValueVersion = 3
/** Only version 1 has a time of expiry. */
const expiringOffsetValueVersion = 1
const offsetValueVersion = 4

/** `offsetVersion` is that of an offset's value, 3 for tools that do not know 4. */
export function encodeRecord(record: GroupRecord, offsetVersion: 3 | 4 = offsetValueVersion): KeyValue {
  if (record.kind !== 'group' && record.kind !== 'offset') return encodeConsumerRecord(record)
  const { groupId, value } = record
  if (record.kind === 'group') {
    const version = groupValueVersion
    return {
      key: prefixed(types.group, encode(GroupMetadataKey, 0, { group: groupId })),
      value: value && prefixed(version, encode(GroupMetadataValue, version, storedGroup(record.value!))),
    }
  }
  const { topic, partition } = record
  const version = (record.value?.expireTimestampMs ?? -1) >= 0 ? expiringOffsetValueVersion : offsetVersion
  return {
    key: prefixed(types.offset, encode(OffsetCommitKey, 0, { group: groupId, topic, partition })),
    value: value && prefixed(version, encode(OffsetCommitValue, version, storedOffset(record.value!))),
  }
}

/** A record read back, or null where it belongs to a kind of group that is not known here. Throws where it cannot be read. */
export function decodeRecord(key: Buffer, value: Buffer | null): GroupRecord | null {
  const type = key.readInt16BE(0)
  if (type === types.group) {
    const { group } = decode(GroupMetadataKey, 0, key, 2)
    return { kind: 'group', groupId: group, value: value && recordedGroup(value) }
  }
  if (type === types.offset || type === types.legacyOffset) {
    const { group, topic, partition } = decode(OffsetCommitKey, 0, key, 2)
    return { kind: 'offset', groupId: group, topic, partition, value: value && committedOffset(value) }
  }
  return decodeConsumerRecord(type, key, value)
}

/** The bytes behind a number of two; copied, as encoded bytes are a view of a block that others use. */
function prefixed(prefix: number, bytes: Buffer): Buffer {
  const whole = Buffer.allocUnsafe(2 + bytes.length)
  whole.writeInt16BE(prefix, 0)
  bytes.copy(whole, 2)
  return whole
}

/** The version that a value begins with; a newer one than is known is read as the newest known, as only its end can differ. */
function versionOf(value: Buffer, newest: number): number {
  return Math.min(value.readInt16BE(0), newest)
}

function storedGroup(group: RecordedGroup): GroupMetadataValue {
  return {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leader,
    currentStateTimestamp: group.stateTimestampMs,
    members: group.members.map(({ rebalanceTimeoutMs, sessionTimeoutMs, ...member }) => ({
      ...member,
      rebalanceTimeout: rebalanceTimeoutMs,
      sessionTimeout: sessionTimeoutMs,
    })),
  }
}

function recordedGroup(bytes: Buffer): RecordedGroup {
  const value = decode(GroupMetadataValue, versionOf(bytes, GroupMetadataValue.versions[1]), bytes, 2)
  return {
    protocolType: value.protocolType === '' ? null : value.protocolType,
    generation: value.generation,
    protocolName: value.protocol,
    leader: value.leader,
    stateTimestampMs: value.currentStateTimestamp,
    members: value.members.map(member => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Version 0 has one timeout for both.
      rebalanceTimeoutMs: member.rebalanceTimeout < 0 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      // What is kept must not hold on to the buffer that the log was read into.
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  }
}

function storedOffset(offset: CommittedOffset): OffsetCommitValue {
  return {
    offset: offset.offset,
    leaderEpoch: offset.leaderEpoch,
    metadata: offset.metadata,
    commitTimestamp: offset.commitTimestampMs,
    expireTimestamp: offset.expireTimestampMs,
    topicId: offset.topicId,
  }
}

function committedOffset(bytes: Buffer): CommittedOffset {
  const value = decode(OffsetCommitValue, versionOf(bytes, OffsetCommitValue.versions[1]), bytes, 2)
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  }
}
