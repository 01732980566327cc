/** Names that somebody may have misspelt: of properties, options and fields. */

/** Every name of a type, so that the compiler says where one is missing. */
export type NamesOf<T> = Readonly<Record<keyof T, true>>

/** The first name with a value that is not known; undefined where there is none. */
export function strangeName(given: object, known: object): string | undefined {
  return Object.entries(given).find(([name, value]) => value !== undefined && !Object.hasOwn(known, name))?.[0]
}

/** What is known instead, in words. */
export function knownInstead(name: string, known: object): string {
  const names = Object.keys(known)
  const nearest = nearestOf(name, names)
  return nearest === null ? `known are ${names.join(', ')}` : `did you mean ${nearest}?`
}

/** The known name with the fewest letters to change, null where none comes near. */
export function nearestOf(name: string, all: readonly string[]): string | null {
  let best: string | null = null
  // A name of which more than a third would have to change is another word, not a slip.
  let bestDistance = Math.floor(name.length / 3) + 1
  for (const known of all) {
    const distance = editDistance(name, known, bestDistance)
    if (distance < bestDistance) {
      best = known
      bestDistance = distance
    }
  }
  return best
}

/** Letters to insert, delete, replace or swap with their neighbour to make `b` of `a`; `limit` where it is that many or more. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let older: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let value = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, older[j - 2]! + 1)
      row.push(value)
    }
    older = previous
    previous = row
  }
  return Math.min(previous[b.length]!, limit)
}
