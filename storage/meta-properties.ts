/** `meta.properties`, by which a data directory says whose it is: lines of `name=value`, and comments. */
import type { Files } from './files.ts'

/** Where it is in a data directory. */
export const metaPropertiesName = 'meta.properties'

/** What it says, null where there is none. */
export function readMetaProperties(files: Files, directory: string): Map<string, string> | null {
  const content = files.read(`${directory}/${metaPropertiesName}`)?.toString('utf8')
  if (content === undefined) return null
  const properties = new Map<string, string>()
  for (const line of content.split('\n')) {
    const at = line.indexOf('=')
    if (at > 0 && !line.startsWith('#')) properties.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  return properties
}

/** The number of the broker that a directory belongs to, as text; null where it says none. */
export function nodeIdIn(properties: ReadonlyMap<string, string>): string | null {
  return properties.get('node.id') ?? properties.get('broker.id') ?? null
}
