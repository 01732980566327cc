/**
 * Leaves, of all declaration files that the compiler wrote, those that the package's public doors lead to, and writes each once more for
 * CommonJS: TypeScript takes a `.d.ts` of this package for that of an ES module, which CommonJS sources may not require.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** `directory` holds the declaration files, `entries` are the first of them. */
export function prune(directory, entries) {
  const specifiers = /((?:from|import\()\s*["']\.[^"']+)\.ts(?=["'])/g
  const kept = new Set()
  const queue = entries.map(entry => join(directory, entry))
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (kept.has(file)) continue
    kept.add(file)
    const text = readFileSync(file, 'utf8')
    for (const [, specifier] of text.matchAll(specifiers)) {
      queue.push(join(dirname(file), `${specifier.slice(specifier.search(/["']/) + 1)}.d.ts`))
    }
  }
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !kept.has(path)) rmSync(path)
  }
  for (const file of kept) {
    writeFileSync(file.replace(/\.ts$/, '.cts'), readFileSync(file, 'utf8').replace(specifiers, '$1.cts'))
  }
}
