/**
 * Runs the projects of `examples/` as their readers would: each is copied into a directory of its own, installs its packages and the packed
 * tarball, and runs `npm test`. `node scripts/examples.mjs [--package FILE.tgz] [NAME ...]`; without a name all of them.
 *
 * In the same places `package-parts.cjs` looks at what of the package a framework or a runtime could break.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './fresh.mjs'

const asModule = `import { createRequire } from 'node:module'
import * as kafkajs from 'kafkajs'
import * as ottla from 'ottla'
await createRequire(import.meta.url)('./package-parts.cjs').checkLibrary(kafkajs, ottla)
`
const asScript = `require('./package-parts.cjs').checkLibrary(require('kafkajs'), require('ottla'))
`
const asJestTest = `const kafkajs = require('kafkajs')
const ottla = require('ottla')
const { checkLibrary } = require('./package-parts.cjs')

test('the parts of the package work', () => checkLibrary(kafkajs, ottla), 60_000)

test('a broker starts and stops while timers are faked', async () => {
  jest.useFakeTimers()
  const broker = await ottla.Broker.start({ port: 0, ephemeral: true, dev: true })
  await broker.stop()
  jest.useRealTimers()
})
`

/** Where the parts of the package are looked at: files that are added to an example, and the command that runs them. */
const looks = {
  'node-test': [
    { file: 'parts.mjs', text: asModule, command: ['node', 'parts.mjs'] },
    { file: 'parts.cjs', text: asScript, command: ['node', 'parts.cjs'] },
  ],
  jest: [{ file: 'parts.test.js', text: asJestTest, command: ['npx', 'jest', 'parts.test.js'] }],
  bun: [{ file: 'parts.mjs', text: asModule, command: ['npx', 'bun', 'parts.mjs'] }],
  deno: [{ file: 'parts.mjs', text: asModule, command: ['npx', 'deno', 'run', '--allow-all', 'parts.mjs'] }],
}

/** What frameworks say where the broker has left something open. */
const leftOpen = /did not exit|open handle|Leaks detected|close timed out/i
const timeLimitMs = 120_000

const { values, positionals } = parseArgs({
  options: { package: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
})
const examples = readdirSync(join(root, 'examples'), { withFileTypes: true })
  .filter(entry => entry.isDirectory() && readdirSync(join(root, 'examples', entry.name)).includes('package.json'))
  .map(({ name }) => name)
if (values.help) {
  console.log(`usage: node scripts/examples.mjs [--package FILE.tgz] [NAME ...]

Runs examples/ from the packed package. There are ${examples.join(', ')}.`)
  process.exit()
}
const unknown = positionals.filter(name => !examples.includes(name))
if (unknown.length > 0) {
  console.error(`examples.mjs: there is no example ${unknown.join(', ')}; there are ${examples.join(', ')}`)
  process.exit(2)
}

const scratch = mkdtempSync(join(tmpdir(), 'ottla-examples-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Runs a command; why it failed, or null. */
function run([command, ...args], cwd) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: timeLimitMs,
    shell: process.platform === 'win32',
  })
  const told = `${stdout}${stderr}`
  if (status === 0 && !leftOpen.test(told)) return null
  const end =
    error?.code === 'ETIMEDOUT' ? `still ran after ${timeLimitMs} ms` : (error ?? signal ?? `exit code ${status}`)
  return `${[command, ...args].join(' ')}: ${end}\n${told}`
}

function packed() {
  const failure = run(['npm', 'pack', '--silent', '--pack-destination', scratch], root)
  if (failure) throw new Error(failure)
  return join(
    scratch,
    readdirSync(scratch).find(name => name.endsWith('.tgz')),
  )
}

/** What a project has of its own, apart from what npm keeps. */
function filesOf(directory) {
  return readdirSync(directory).filter(name => !/^(?:node_modules|package-lock\.json|\.tap)$/.test(name))
}

function tryOut(name, tarball) {
  const directory = join(scratch, name)
  mkdirSync(directory)
  cpSync(join(root, 'examples', name), directory, { recursive: true, filter: path => !path.endsWith('node_modules') })
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
  manifest.devDependencies.ottla = `file:${tarball}`
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest))
  const before = filesOf(directory)
  const install = ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const failure = run(install, directory) ?? run(['npm', 'test'], directory)
  if (failure) return failure
  const left = filesOf(directory).filter(file => !before.includes(file))
  if (left.length > 0) return `the test left ${left.join(', ')} behind`
  for (const { file, text, command } of looks[name] ?? []) {
    cpSync(join(root, 'scripts', 'package-parts.cjs'), join(directory, 'package-parts.cjs'))
    writeFileSync(join(directory, file), text)
    const broken = run(command, directory)
    if (broken) return broken
  }
  return null
}

const tarball = values.package ? resolve(values.package) : packed()
let failed = 0
const wanted = positionals.length > 0 ? positionals : examples
for (const name of wanted) {
  const from = Date.now()
  const failure = tryOut(name, tarball)
  if (failure) failed++
  console.log(`${failure ? 'FAILED' : 'ok'} examples/${name} in ${((Date.now() - from) / 1000).toFixed(1)} s`)
  if (failure) console.log(failure)
}
console.log(`${wanted.length - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1
