/** Leaves, of all declaration files that the compiler wrote, those that the package's public door leads to. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `directory` holds the declaration files, `entry` is the first of them. */
export function prune(directory, entry) {
  const kept = new Set()
  const queue = [join(directory, entry)]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (kept.has(file)) continue
    kept.add(file)
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)\.ts'/g)) {
      queue.push(join(dirname(file), `${specifier}.d.ts`))
    }
  }
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !kept.has(path)) rmSync(path)
  }
}
