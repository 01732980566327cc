/**
 * Transpiles everything that tests are made of, once before they run, into `.tap/built`, which mirrors the tree. So a test is plain Node:
 * a broker is some five hundred modules, and a loader that reads TypeScript costs every process that loads them three seconds of CPU.
 *
 * A built module takes itself for its source: `import.meta.url` is where that is, and a trace names its lines. Only what it names as
 * `new URL('./x.ts', import.meta.url)`, to start or to import it, is the built one.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, stop, version } from 'esbuild'
import { workerFiles } from './bundle.mjs'

const directories = ['bin', 'lib', 'protocol', 'storage', 'test', 'conformance']

/** Finds its threads' files beside it under the names that they have in a bundle, where it does not look like a source. */
const threads = join('storage', 'worker.ts')

/** Where the built module of a source is, which is named from the top. */
export function builtFrom(root, source) {
  return join(root, '.tap', 'built', source).replace(/\.ts$/, '.js')
}

/** What esbuild puts in the place of what a module asks about itself. No source has such names. */
const define = { 'import.meta.url': 'source$url', 'import.meta.dirname': 'source$directory' }

/**
 * What esbuild made of a source, with the names of modules as Node has to find them. It prints each import on a line of its own, with the
 * quotes and semicolons that the sources do without, so that no text within a program looks like one.
 */
function placed(root, source, code) {
  const file = join(root, source)
  // Which it is cannot be known here, and the source cannot be run.
  const [computed] = /\bnew URL\(`[^`]*\.ts`/.exec(code) ?? []
  if (computed !== undefined && source !== threads)
    throw new Error(`${source}: name the modules, instead of ${computed})`)
  const module = code
    .replace(/^((?:import|(?:import|export|\}).* from) "\.[^"\n]*)\.ts";$/gm, '$1.js";')
    .replace(/\bimport\("(\.[^"\n]*)\.ts"\)/g, 'import("$1.js")')
    .replace(/\bnew URL\("([^":\n]*)\.ts", source\$url\)/g, 'new URL("$1.js", import.meta.url)')
  if (source === threads) return module.replaceAll('source$url', 'import.meta.url')
  if (!module.includes('source$')) return module
  // On the line that is there, as the map counts lines.
  const known = { source$url: pathToFileURL(file).href, source$directory: dirname(file) }
  return `const { source$url, source$directory } = ${JSON.stringify(known)}; ${module}`
}

const hash = text => createHash('sha256').update(text).digest('base64')

/** Writes a file at once: another run may be reading it. */
function put(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, text)
  renameSync(beside, path)
}

/** By path from the top, the hash of each source. */
function sourcesOf(root) {
  const sources = {}
  for (const directory of directories) {
    for (const name of readdirSync(join(root, directory), { recursive: true })) {
      const source = join(directory, name)
      if (source.endsWith('.ts')) sources[source] = hash(readFileSync(join(root, source)))
    }
  }
  return sources
}

/** Builds each source that is not what the build was made of, and leaves nothing of one that is gone. */
export async function transpile(root) {
  const built = join(root, '.tap', 'built')
  const made = join(built, 'made.json')
  // Another place, another compiler or other rules make another build.
  const by = hash(root + version + readFileSync(fileURLToPath(import.meta.url)))
  const before = existsSync(made) ? JSON.parse(readFileSync(made, 'utf8')) : {}
  const known = before.sources ?? {}
  const sources = sourcesOf(root)
  const isBuilt = source => before.by === by && known[source] === sources[source] && existsSync(builtFrom(root, source))
  const changed = Object.keys(sources).filter(source => !isBuilt(source))
  if (changed.length > 0) await write(root, built, changed)
  for (const source of Object.keys(known)) {
    if (source in sources) continue
    for (const end of ['', '.map']) rmSync(builtFrom(root, source) + end, { force: true })
  }
  put(made, JSON.stringify({ by, sources }))
}

async function write(root, built, entryPoints) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: built,
    outbase: root,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    define,
    sourcemap: 'linked',
    sourcesContent: false,
    write: false,
    logLevel: 'warning',
  })
  await stop()
  for (const { path, text } of outputFiles) {
    const source = relative(built, path).replace(/\.js$/, '.ts')
    put(path, path.endsWith('.js') ? placed(root, source, text) : text)
  }
  for (const file of workerFiles(root)) {
    const door = join(built, dirname(threads), basename(file).replace(/\.ts$/, '.js'))
    const target = relative(dirname(threads), relative(root, file)).replaceAll(sep, '/')
    put(door, `import './${target.replace(/\.ts$/, '.js')}'\n`)
  }
}
