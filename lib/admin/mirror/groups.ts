/** Offsets of groups, translated to the copy: a group that moves there goes on where it was, or a little before. */
import { codes } from '../../../protocol/errors.ts'
import type { Admin } from '../admin.ts'
import { alterGroupOffsets, groupOffsets, listGroups } from '../groups.ts'
import { keyOf, type Position } from './positions.ts'

/** What was copied of a partition, and where to. */
export interface CopiedPartition {
  readonly topic: string
  readonly partition: number
  readonly position: Position
}

/**
 * Commits in the copy what groups of the original have committed there. A group that has members in the copy, or is further there, stays as it is.
 * The groups that were brought.
 */
export async function bringGroups(
  source: Admin,
  target: Admin,
  isMeant: (group: string) => boolean,
  copied: ReadonlyMap<string, CopiedPartition>,
): Promise<string[]> {
  const brought: string[] = []
  const groups = (await listGroups(source)).filter(each => each.protocolType === 'consumer' || each.protocolType === '')
  for (const { groupId } of groups) {
    if (!isMeant(groupId)) continue
    const translated: { topic: string; partition: number; offset: number; metadata: string }[] = []
    for (const { topic, partition, errorCode, value } of await groupOffsets(source, groupId)) {
      const copy = copied.get(keyOf(topic, partition))
      if (errorCode !== 0 || value.offset < 0 || copy === undefined) continue
      const offset = copy.position.map.targetOf(value.offset)
      if (offset !== null) {
        translated.push({ topic: copy.topic, partition: copy.partition, offset, metadata: value.metadata ?? '' })
      }
    }
    if (translated.length === 0) continue
    const there = new Map(
      (await groupOffsets(target, groupId)).map(each => [keyOf(each.topic, each.partition), each.value.offset]),
    )
    const changed = translated.filter(each => (there.get(keyOf(each.topic, each.partition)) ?? -1) < each.offset)
    if (changed.length === 0) continue
    // A group with members never takes them.
    const results = await alterGroupOffsets(target, groupId, changed)
    const isBrought = results.every(({ errorCode }) => errorCode === codes.NONE)
    if (isBrought) brought.push(groupId)
  }
  return brought
}
