/**
 * Runs the fixtures of `fixtures/`, each a small package with tests of its own, as in a fresh checkout:
 * `node scripts/fixtures.mjs [--package FILE.tgz] [NAME ...]`; without a name all of them. Each is copied into a directory of its own and gets what
 * it needs by its language's tool. Those for Node use the packed package, the others start it. One whose tool is not here is skipped by name.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './fresh.mjs'

const timeLimitMs = 600_000
/** What tools leave in a checkout. */
const leftByTools = /^(?:node_modules|dist|target|build|package-lock\.json|__pycache__|\.pytest_cache|.*\.egg-info)$/

/** Something that is not here, for which a fixture is skipped. */
class Missing extends Error {}

const ofNode = {
  install: ['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'],
  run: ['npm', 'test'],
}
/** How each is tried: `needs` is a command that works where the tool is here. */
const fixtures = {
  vitest: ofNode,
  jest: ofNode,
  'node-test': ofNode,
  pytest: {
    needs: ['python3', '-c', 'import venv, ensurepip'],
    install: ['sh', '-c', 'python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check ".[test]"'],
    run: ['venv/bin/python', '-m', 'pytest', '-q', 'tests'],
  },
  junit5: { needs: ['mvn', '-version'], run: ['mvn', '-q', '-B', 'test'] },
  go: { needs: ['go', 'version'], run: ['go', 'test', './...'] },
}

const { values, positionals } = parseArgs({
  options: { package: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
})
const names = Object.keys(fixtures)
if (values.help) {
  console.log(`usage: node scripts/fixtures.mjs [--package FILE.tgz] [NAME ...]

Runs the tests of fixtures/. There are ${names.join(', ')}.`)
  process.exit()
}
const unknown = positionals.filter(name => !names.includes(name))
if (unknown.length > 0) {
  console.error(`fixtures.mjs: there is no fixture ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}

const scratch = mkdtempSync(join(tmpdir(), 'ottla-fixtures-'))
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Runs a command. Throws what it said where it failed. */
function run([command, ...args], cwd, env = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    ...{ cwd, encoding: 'utf8', timeout: timeLimitMs, env: { ...process.env, ...env } },
    shell: process.platform === 'win32',
  })
  if (status === 0) return
  if (error?.code === 'ENOENT') throw new Missing(`there is no ${command}`)
  const end =
    error?.code === 'ETIMEDOUT' ? `still ran after ${timeLimitMs} ms` : (error ?? signal ?? `exit code ${status}`)
  throw new Error(`${[command, ...args].join(' ')}: ${end}\n${stdout}${stderr}`)
}

function packed() {
  run(['npm', 'pack', '--silent', '--pack-destination', scratch], root)
  return join(
    scratch,
    readdirSync(scratch).find(name => name.endsWith('.tgz')),
  )
}

/** Where the packed package is installed, for those who start it. */
let installed = null
function executable(tarball) {
  if (installed === null) {
    installed = mkdtempSync(join(scratch, 'installed-'))
    writeFileSync(join(installed, 'package.json'), '{ "private": true }')
    run([...ofNode.install, tarball], installed)
  }
  return join(installed, 'node_modules', 'ottla', 'dist', 'ottla.cjs')
}

function tryOut(name, tarball) {
  const { needs, install, run: test } = fixtures[name]
  if (needs !== undefined) {
    try {
      run(needs, scratch)
    } catch (error) {
      throw new Missing(`${needs.join(' ')} does not work: ${error.message.trim().split('\n').at(-1)}`)
    }
  }
  const directory = join(scratch, name)
  const filter = path => !leftByTools.test(basename(path))
  cpSync(join(root, 'fixtures', name), directory, { recursive: true, filter })
  const manifest = join(directory, 'package.json')
  if (existsSync(manifest)) {
    const content = JSON.parse(readFileSync(manifest, 'utf8'))
    content.devDependencies.ottla = `file:${tarball}`
    writeFileSync(manifest, JSON.stringify(content))
  }
  if (install !== undefined) run(install, directory)
  // The broker is the packed one, whatever is set or running elsewhere.
  const env = {
    OTTLA_COMMAND: `${process.execPath} ${executable(tarball)}`,
    OTTLA_TESTING_URL: '',
    OTTLA_TESTING_TOKEN: '',
  }
  run(test, directory, existsSync(manifest) ? {} : env)
}

const tarball = values.package ? resolve(values.package) : packed()
let [passed, failed, skipped] = [0, 0, 0]
for (const name of positionals.length > 0 ? positionals : names) {
  const from = Date.now()
  let outcome = 'ok'
  let told = ''
  try {
    tryOut(name, tarball)
    passed++
  } catch (error) {
    told = error.message
    if (error instanceof Missing) {
      outcome = 'skipped'
      skipped++
    } else {
      outcome = 'FAILED'
      failed++
    }
  }
  console.log(`${outcome} fixtures/${name} in ${((Date.now() - from) / 1000).toFixed(1)} s${told && `: ${told}`}`)
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 ? 0 : 1
