/** The runtime's own copy of a text: two that are equal are the same object, so a map that is keyed by one compares no characters. */

const names: Record<string, true> = Object.create(null)

/** The one string of this content that the runtime keeps for names of properties. For names and ids that are looked up often. */
export function sharedText(text: string): string {
  names[text] = true
  const [name] = Object.keys(names) as [string]
  delete names[text]
  return name
}
