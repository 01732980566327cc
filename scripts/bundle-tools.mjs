/**
 * Bundles the command-line tools into `dist`, as CommonJS in few files: one for each tool, one with what most of them need, one with what some
 * of them share, and one for each thing that they load only when it is needed (logins, TLS).
 *
 * Much of the time of a short command is the loading of its code. esbuild's own shared chunks, one for each set of entries that share something,
 * were 34 ES modules for one tool; all of them as one CommonJS file took Node 20 some 40 ms less.
 */
import { join, posix, relative } from 'node:path'
import { build } from 'esbuild'

/** A path as esbuild and the names of files have it. */
const slashed = path => path.replaceAll('\\', '/')

/** How a file becomes CommonJS. */
export const commonjs = {
  format: 'cjs',
  banner: { js: "const fileUrl = require('node:url').pathToFileURL(__filename).href;" },
  define: { 'import.meta.url': 'fileUrl', 'import.meta.resolve': 'undefined' },
}

/** What one more file costs a tool, in bytes of code that it reads and does not need: an estimate. */
const bytesOfFile = 25_000

/** The file of a tool, or of what is loaded late. */
function fileOf(path) {
  return `tool-${path
    .replace(/^lib\/(?:cli\/)?(?:tools\/)?/, '')
    .replace(/[/]/g, '-')
    .replace(/\.tsx?$/, '')}.cjs`
}

/** All that is loaded at once with a module, itself included. */
function loadedWith(entry, inputs) {
  const loaded = new Set([entry])
  for (const path of loaded) {
    for (const { path: target, kind } of inputs[path].imports) {
      if (kind !== 'dynamic-import' && Object.hasOwn(inputs, target)) loaded.add(target)
    }
  }
  return loaded
}

/** Joins what is shared by many into few files, as long as the tools have less to load thereby. */
function joined(groups) {
  for (;;) {
    let [best, gained] = [undefined, 0]
    for (const [index, one] of groups.entries()) {
      for (const other of groups.slice(0, index)) {
        const both = [...one.by].filter(tool => other.by.has(tool)).length
        const needless = (one.by.size - both) * other.bytes + (other.by.size - both) * one.bytes
        const gain = both * bytesOfFile - needless
        if (gain > gained) [best, gained] = [[one, other], gain]
      }
    }
    if (best === undefined) return groups
    const [one, other] = best
    groups = groups.filter(group => !best.includes(group))
    groups.push({
      by: new Set([...one.by, ...other.by]),
      bytes: one.bytes + other.bytes,
      paths: [...one.paths, ...other.paths],
    })
  }
}

/** Which file each module goes into, of `tools` (`lib/cli/tools/topics.ts` and so on) and all that they load. `options` are those of every build. */
export async function partsOf(root, tools, options) {
  const { metafile } = await build({
    ...options,
    entryPoints: tools.map(path => join(root, path)),
    outdir: join(root, 'dist'),
    splitting: true,
    format: 'esm',
    write: false,
    // What stands for globals is not a module of its own.
    inject: [],
  })
  const { inputs } = metafile
  const entries = new Set(tools)
  for (const { imports } of Object.values(inputs)) {
    for (const { path, kind } of imports)
      if (kind === 'dynamic-import' && Object.hasOwn(inputs, path)) entries.add(path)
  }
  const loaders = new Map()
  for (const entry of entries) {
    for (const path of loadedWith(entry, inputs)) loaders.set(path, [...(loaders.get(path) ?? []), entry])
  }
  const parts = new Map()
  const groups = new Map()
  for (const [path, by] of loaders) {
    if (by.length === 1) parts.set(path, fileOf(by[0]))
    else {
      const group = groups.get(by.join()) ?? { by: new Set(by), bytes: 0, paths: [] }
      group.bytes += inputs[path].bytes
      group.paths.push(path)
      groups.set(by.join(), group)
    }
  }
  for (const [index, { paths }] of joined([...groups.values()]).entries()) {
    for (const path of paths) parts.set(path, `tools-${index}.cjs`)
  }
  return parts
}

/** What each module exports. */
async function exportsOf(root, paths, options) {
  const { metafile } = await build({
    ...options,
    entryPoints: paths.map(path => join(root, path)),
    outdir: join(root, 'dist'),
    bundle: false,
    packages: undefined,
    inject: [],
    format: 'esm',
    write: false,
  })
  return new Map(Object.values(metafile.outputs).map(({ entryPoint, exports }) => [entryPoint, exports]))
}

/**
 * Lets the modules of other files be asked for there. What they export is taken once, as it is when the module has been carried out: what
 * esbuild makes of CommonJS modules asks through three getters for each use.
 */
function elsewhere(root, parts, exported, file) {
  return {
    name: 'elsewhere',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^\.\.?\// }, async ({ path, pluginData, ...args }) => {
        if (pluginData === 'resolving') return undefined
        const resolved = await resolve(path, { ...args, pluginData: 'resolving' })
        const name = slashed(relative(root, resolved.path))
        const part = parts.get(name)
        return part === undefined || part === file ? resolved : { path: name, namespace: 'elsewhere' }
      })
      onLoad({ filter: /.*/, namespace: 'elsewhere' }, ({ path }) => {
        const module = `require('./${parts.get(path)}')[${JSON.stringify(path)}]`
        return { contents: `export const { ${exported.get(path).join(', ')} } = ${module}`, loader: 'js' }
      })
      onResolve({ filter: /\.cjs$/ }, ({ path, namespace }) =>
        namespace === 'elsewhere' ? { path, external: true } : undefined,
      )
    },
  }
}

/** A module with those of a file, each of which is carried out when it is first asked for. */
function getters(paths) {
  const each = paths.map(path => `get ${JSON.stringify(path)}() { return require(${JSON.stringify(`./${path}`)}) }`)
  return `module.exports = {\n${each.join(',\n')}\n}`
}

/** Bundles tools and what they load into the files that `partsOf` says; gives their names. */
export async function bundleTools(root, parts, options) {
  const exported = await exportsOf(root, [...parts.keys()], options)
  const files = [...new Set(parts.values())]
  await Promise.all(
    files.map(file =>
      build({
        ...options,
        stdin: { contents: getters([...parts.keys()].filter(path => parts.get(path) === file)), resolveDir: root },
        outfile: join(root, 'dist', file),
        ...commonjs,
        supported: { 'dynamic-import': false },
        plugins: [...options.plugins, elsewhere(root, parts, exported, file)],
      }),
    ),
  )
  return files
}

/** In the place of what the command loads by import(): those files for tools, and for others ES modules under the names that `nameOf` gives. */
export function commandsElsewhere(root, loaders, parts, nameOf) {
  return {
    name: 'commands',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, importer, kind }) => {
        if (kind !== 'dynamic-import' || !loaders.some(loader => importer === join(root, loader))) return undefined
        const command = posix.join(posix.dirname(slashed(relative(root, importer))), path)
        return parts.has(command)
          ? { path: command, namespace: 'tool' }
          : { path: `./${nameOf(command)}.js`, external: true }
      })
      onLoad({ filter: /.*/, namespace: 'tool' }, ({ path }) => ({
        contents: `module.exports = require('./${parts.get(path)}')[${JSON.stringify(path)}]`,
        loader: 'js',
      }))
      onResolve({ filter: /\.cjs$/ }, ({ path, namespace }) =>
        namespace === 'tool' ? { path, external: true } : undefined,
      )
    },
  }
}
