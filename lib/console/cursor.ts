/** Where a page of records ended, as a short text that the page gives back: by partition an offset, in base 36. */

/** Partitions in one cursor; more than are looked at together. */
const partitionsMax = 1_000

export function cursorText(positions: readonly (readonly [partition: number, offset: number])[]): string {
  return positions.map(([partition, offset]) => `${partition.toString(36)}.${offset.toString(36)}`).join('_')
}

/** By partition its offset. Throws RangeError where a text is no cursor. */
export function cursorOf(text: string): Map<number, number> {
  const positions = new Map<number, number>()
  if (text === '') return positions
  for (const part of text.split('_')) {
    const match = /^([0-9a-z]{1,6})\.([0-9a-z]{1,11})$/.exec(part)
    if (match === null || positions.size >= partitionsMax) throw new RangeError('this is no cursor that was given here')
    positions.set(Number.parseInt(match[1]!, 36), Number.parseInt(match[2]!, 36))
  }
  return positions
}
