/** The project's own sources, as tests of the house look at them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the project. */
export const root = fileURLToPath(new URL('..', import.meta.url))
const product = ['bin', 'lib', 'protocol', 'storage']
const others = ['console', 'test', 'conformance', 'scripts']

/** A file of code. */
export interface Source {
  /** From the top of the project, with slashes. */
  readonly path: string
  readonly text: string
  /** The text with comments and the insides of strings blanked out. */
  readonly code: string
  /** What it imports: project paths from the top, or package and node names as they stand. */
  readonly imports: readonly string[]
  /** Those of them that are loaded with the file: neither types alone nor by import(). */
  readonly loads: readonly string[]
}

function importsOf(path: string, text: string): Pick<Source, 'imports' | 'loads'> {
  const imports: string[] = []
  const loads: string[] = []
  const pattern = /^\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|^\s*import\s+'([^']+)'|\bimport\('([^']+)'\)/gm
  for (const match of text.matchAll(pattern)) {
    const specifier = (match[1] ?? match[2] ?? match[3])!
    const target = specifier.startsWith('.') ? join(dirname(path), specifier).replaceAll('\\', '/') : specifier
    imports.push(target)
    const areTypes = /^\s*(?:import|export)\s+(?:type\b|\{(?:\s*type\s+\w+(?:\s+as\s+\w+)?\s*,?)+\s*\})/.test(match[0])
    if (match[3] === undefined && !areTypes) loads.push(target)
  }
  return { imports, loads }
}

function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, comment => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
}

function sourcesIn(directory: string): Source[] {
  if (!existsSync(join(root, directory))) return []
  return readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(tsx?|mjs)$/.test(name) && !name.includes('node_modules'))
    .map(name => {
      const path = `${directory}/${name.replaceAll('\\', '/')}`
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, code: codeOf(text), ...importsOf(path, text) }
    })
}

/** Of what users install. */
export const productSources = product.flatMap(sourcesIn)
/** With tests, conformance and scripts. */
export const allSources = [...productSources, ...others.flatMap(sourcesIn)]
