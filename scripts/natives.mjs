/**
 * Are the native packages there for another platform? `node scripts/natives.mjs [PLATFORM ...]`, such as linux-arm64, which is the default.
 *
 * Installs what the lock file names, as npm does there, into an empty directory, and reads what each binary says of itself: the image
 * and the package are the same for every platform but for those.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { root } from './fresh.mjs'

/** Where each package with native code has its binary, from node_modules; the platform in npm's words. */
const binaries = {
  '@node-rs/crc32': platform => new RegExp(`^@node-rs/crc32-${platform}-gnu/`),
  snappy: platform => new RegExp(`^@napi-rs/snappy-${platform}-gnu/`),
  'lz4-napi': platform => new RegExp(`^@antoniomuso/lz4-napi-${platform}-gnu/`),
  '@cloudpss/zstd': platform => new RegExp(`^@cloudpss/zstd/prebuilds/${platform}/.*glibc`),
  koffi: platform => new RegExp(`^@koromix/koffi-${platform}/`),
}

/** e_machine of the ELF header, which says for what processor a file is. */
const machines = { x64: 62, arm64: 183 }

/** The processor that a file is for: null where it is no 64-bit ELF file of little-endian order. */
function machineOf(path) {
  const header = Buffer.alloc(20)
  const fd = openSync(path)
  readSync(fd, header)
  closeSync(fd)
  const isElf = header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2 && header[5] === 1
  return isElf ? header.readUInt16LE(18) : null
}

function check(platform) {
  const [os, cpu] = platform.split('-')
  if (os !== 'linux' || machines[cpu] === undefined) {
    console.error(
      `natives.mjs: ${platform} is none of ${Object.keys(machines)
        .map(name => `linux-${name}`)
        .join(', ')}`,
    )
    return 2
  }
  const directory = mkdtempSync(join(tmpdir(), 'ottla-natives-'))
  try {
    for (const name of ['package.json', 'package-lock.json']) cpSync(join(root, name), join(directory, name))
    const there = [`--os=${os}`, `--cpu=${cpu}`, '--libc=glibc', '--omit=dev', '--ignore-scripts']
    const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
    if (spawnSync('npm', ['ci', ...there, ...quiet], { cwd: directory, stdio: ['ignore', 2, 2] }).status !== 0) return 1
    const modules = join(directory, 'node_modules')
    const files = readdirSync(modules, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith('.node'))
      .map(entry => relative(modules, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    let failed = 0
    for (const [name, place] of Object.entries(binaries)) {
      const found = files.filter(file => place(platform).test(file))
      const wrong = found.filter(file => machineOf(join(modules, file)) !== machines[cpu])
      const isThere = found.length > 0 && wrong.length === 0
      if (!isThere) failed++
      console.log(`${isThere ? 'ok    ' : 'FAILED'} ${platform}  ${name}  ${found.join(', ') || 'there is no binary'}`)
    }
    return failed === 0 ? 0 : 1
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const platforms = process.argv.slice(2)
if (platforms.includes('--help')) console.log('usage: node scripts/natives.mjs [linux-arm64 | linux-x64 ...]')
else process.exitCode = Math.max(...(platforms.length > 0 ? platforms : ['linux-arm64']).map(check))
