/** What must hold of a topic at the end of a history, when all is well. */
import { readRecords } from '../../../protocol/records/batch.ts'
import { baseOffset, partitionLeaderEpoch, sizeInBytes } from '../../../protocol/records/header.ts'
import { type Model, Violation } from '../broker/model.ts'
import { bytesOf, type Observer } from './observer.ts'
import type { ClusterWorld } from './world.ts'

export interface CheckedTopic {
  readonly name: string
  readonly partitions: number
  readonly observer: Observer
  readonly model: Model
}

/** All replicas have the same, nothing of what any leader has told as committed is missing, and all that was promised is there. */
export async function checkReplicas(
  world: ClusterWorld,
  { name, partitions, observer, model }: CheckedTopic,
): Promise<void> {
  const { nodes } = world
  observer.look()
  await observer.checkStore()
  for (let index = 0; index < partitions; index++) {
    const all = nodes.flatMap(({ id, services }) => {
      const partition = services!.partitions.get(name, index)
      return partition === undefined ? [] : [{ id, partition }]
    })
    const start = Math.max(...all.map(({ partition }) => partition.logStartOffset))
    const [first, ...others] = all.map(({ id, partition }) => ({ id, bytes: bytesOf(partition, start) }))
    for (const { id, bytes } of others) {
      if (!bytes.equals(first!.bytes))
        throw new Violation(
          `${name}-${index} differs: ${shapeOf(first!.bytes)} on ${first!.id}, ${shapeOf(bytes)} on ${id}`,
        )
    }
    const told = observer.told.get(index) ?? 0
    const values = valuesIn(first!.bytes)
    if (values.length < told) throw new Violation(`${name}-${index} ends at ${values.length}, ${told} were committed`)
    model.checkAll(`${name}-${index}`, values)
  }
}

function valuesIn(bytes: Buffer): string[] {
  const values: string[] = []
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    for (const record of readRecords(bytes, at)) values[record.offset] = String(record.value)
  }
  return values
}

/** Offsets and epochs of batches, the last ones. */
function shapeOf(bytes: Buffer): string {
  const shape: string[] = []
  for (let at = 0; at < bytes.length; at += sizeInBytes(bytes, at)) {
    shape.push(`${baseOffset(bytes, at)} of ${partitionLeaderEpoch(bytes, at)}`)
  }
  return shape.slice(-5).join(', ')
}
