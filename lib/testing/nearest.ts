/** Names that somebody may have meant. */
import { nearestOf } from '../base/names.ts'

/** A sentence with the known names that are most like one that is not known. */
export function nearestNames(name: string, known: readonly string[]): string {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const wanted = letters(name)
  const like = known.filter(each => letters(each).includes(wanted) || wanted.includes(letters(each)))
  const begun = known.filter(each => letters(each).startsWith(wanted.slice(0, 3)))
  const near =
    [like, begun, nearestOf(name, known) ?? []].map(each => [each].flat()).find(each => each.length > 0) ?? []
  return near.length > 0 ? `near are ${near.slice(0, 5).join(', ')}` : `there are ${[...known].sort().join(', ')}`
}
