/**
 * Bundles what goes into the executable: the command and each thread as one script, with all npm packages in it, and the native libraries
 * beside them. Nothing is read from files at run time but those libraries.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { build, stop } from 'esbuild'
import { workerFiles } from '../bundle.mjs'
import { pagePlugin } from '../console.mjs'

/** The packages that hold a library, one for each platform, by their names without it. That of zstd has those of all platforms. */
const perPlatform = /^@(?:napi-rs\/snappy|node-rs\/crc32|antoniomuso\/lz4-napi|koromix\/koffi)-/

/** The packages with libraries for a platform: their versions by their names. */
export function libraryPackages(root, target) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const versions = Object.entries(packages)
    .map(([path, { version }]) => [path.replace(/^node_modules\//, ''), version])
    .filter(([name]) => perPlatform.test(name) && name.includes(`-${target}`) && !name.includes('musl'))
  return Object.fromEntries(versions)
}

/** The file of a native package for Linux with glibc, or for another system. */
function libraryIn(directory, target) {
  const files = readdirSync(directory, { recursive: true })
    .filter(name => name.endsWith('.node') && !name.includes('musl'))
    .map(name => join(directory, name))
  if (files.length !== 1) throw new Error(`${directory} holds ${files.length} libraries for ${target}`)
  return files[0]
}

/** What the sources ask `createRequire` for: strings that begin with the name of a dependency. */
function requiredNames(root, dependencies) {
  const names = new Set(['ottla/package.json', 'node-gyp-build'])
  for (const top of ['bin', 'lib', 'protocol', 'storage']) {
    for (const path of readdirSync(join(root, top), { recursive: true })) {
      if (!path.endsWith('.ts')) continue
      for (const [, name] of readFileSync(join(root, top, path), 'utf8').matchAll(/'([^'\s]+)'/g)) {
        if (dependencies.some(each => name === each || name.startsWith(`${each}/`))) names.add(name)
      }
    }
  }
  // The WebAssembly build awaits while it is loaded, which a script cannot; Node's own zstd is there.
  names.delete('@cloudpss/zstd/wasm')
  return [...names]
}

/**
 * The scripts by name, as text, and the libraries by name, as paths. `target` is 'linux-x64' and so on, in the words of `process`;
 * `librariesIn` the directory whose node_modules has the packages with its libraries.
 */
export async function bundleForExecutable(root, target, librariesIn = root) {
  const require = createRequire(join(root, 'package.json'))
  const manifest = require('./package.json')
  const names = requiredNames(root, Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))
  const wanted = libraryPackages(root, target)
  const libraries = {}
  const own = join(root, 'scripts', 'executable')

  const libraryModule = path => {
    const sum = createHash('sha256').update(readFileSync(path)).digest('hex')
    const name = `${sum.slice(0, 16)}-${basename(path).replace(/[^\w.-]/g, '_')}`
    libraries[name] = path
    return `module.exports = require(${JSON.stringify(join(own, 'native.cjs'))}).native(${JSON.stringify(name)})`
  }
  const plugin = {
    name: 'executable',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: perPlatform }, ({ path }) => {
        if (!Object.hasOwn(wanted, path.replace('/package.json', ''))) return { path, external: true }
        const resolved = createRequire(join(librariesIn, 'x.js')).resolve(
          path.replace(/(?:\/package\.json)?$/, '/package.json'),
        )
        if (path.endsWith('/package.json')) return { path: resolved }
        return { path: dirname(resolved), namespace: 'library' }
      })
      onLoad({ filter: /.*/, namespace: 'library' }, ({ path }) => ({
        contents: libraryModule(libraryIn(path, target)),
        resolveDir: own,
      }))
      // A loader looks for a library beside itself first.
      onResolve({ filter: /\.node$/ }, ({ path }) => ({ path, external: true }))
      onResolve({ filter: /^node-gyp-build$/ }, ({ path }) => ({ path, namespace: 'zstd' }))
      onLoad({ filter: /.*/, namespace: 'zstd' }, () => ({
        contents: libraryModule(
          libraryIn(join(dirname(require.resolve('@cloudpss/zstd/package.json')), 'prebuilds', target), target),
        ).replace('module.exports =', 'module.exports = () =>'),
        resolveDir: own,
      }))
      onResolve({ filter: /^ottla\/package\.json$/ }, () => ({ path: join(root, 'package.json') }))
      onResolve({ filter: /^node:(?:module|worker_threads)$/ }, ({ path, importer }) => {
        if (importer.includes('node_modules') || importer.startsWith(own)) return { path, external: true }
        return path === 'node:module' ? { path, namespace: 'packages' } : { path: join(own, 'threads.cjs') }
      })
      onLoad({ filter: /.*/, namespace: 'packages' }, () => ({
        contents: `const packages = { ${names.map(name => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`).join(', ')} }
          const get = name => {
            if (name.startsWith('node:')) return process.getBuiltinModule(name)
            if (!Object.hasOwn(packages, name)) throw new Error(name + ' is not in this executable')
            return packages[name]()
          }
          exports.createRequire = () => Object.assign(get, { resolve: name => name })`,
        resolveDir: root,
      }))
    },
  }
  const entryPoints = { ottla: join(root, 'bin', 'ottla.ts') }
  for (const file of workerFiles(root)) entryPoints[basename(file, '.ts')] = file
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints,
    bundle: true,
    write: false,
    outdir: root,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    legalComments: 'none',
    charset: 'ascii',
    // The text is in memory as long as the process. Names stay, for the sake of traces.
    minifyWhitespace: true,
    lineLimit: 160,
    inject: [join(root, 'scripts', 'globals.mjs')],
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '"file:///"', 'import.meta.resolve': 'undefined' },
    plugins: [plugin, pagePlugin],
    logLevel: 'warning',
    logOverride: { 'require-resolve-not-external': 'silent' },
  })
  await stop()
  return { scripts: Object.fromEntries(outputFiles.map(({ path, text }) => [basename(path), text])), libraries }
}
