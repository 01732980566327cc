/**
 * Whether an executable works without Node, npm or anything else beside it: `node scripts/executable-check.mjs FILE [--quick]`. `--quick` leaves
 * out the codecs, the threads and the recovery.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import * as kafkajs from 'kafkajs'
import { checkParts } from './package-parts.cjs'

const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true })
const home = mkdtempSync(join(tmpdir(), 'ottla-executable-check-'))
process.on('exit', () => rmSync(home, { recursive: true, force: true }))
const file = join(home, 'ottla')
copyFileSync(resolve(positionals[0]), file)
/** Nothing is to be found by the path, and the cache is a new one. */
const env = { PATH: home, HOME: home }

/** Starts a broker as `Broker.start` does. */
async function start({ port, data, dev, logLevel, ephemeral, properties = {} }, log) {
  const args = ['start', '--port', String(port), '--log-level', logLevel]
  if (data) args.push('--data', data)
  if (dev) args.push('--dev')
  if (ephemeral) args.push('--ephemeral')
  for (const [name, value] of Object.entries(properties)) args.push('--set', `${name}=${value}`)
  const child = spawn(file, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  createInterface({ input: child.stderr }).on('line', line => {
    said += `${line}\n`
    log(line)
  })
  const exited = once(child, 'close')
  const ready = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited])
  const bootstrap = /^ottla ready: ([^,]+),/.exec(String(ready[0]))?.[1]
  if (bootstrap === undefined) throw new Error(`exit code ${ready[0]}: ${said}`)
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = await exited
    assert.equal(code, 0, said)
  }
  return { bootstrap, stop }
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
assert.equal(execFileSync(file, ['--version'], { env, encoding: 'utf8' }), `${version}\n`)
assert.match(execFileSync(file, ['start', '--help'], { env, encoding: 'utf8' }), /ottla start/)
const decoded = execFileSync(file, ['protocol', 'decode'], {
  env,
  encoding: 'utf8',
  input: '{"message":"HeartbeatRequest","version":0,"hex":"0007726561646572730000000300016d"}\n',
})
assert.deepEqual(JSON.parse(decoded).json.groupId, 'readers')

// It says so where a library does not load.
const { stdout: advice } = spawnSync(file, ['doctor'], { env, cwd: home, encoding: 'utf8' })
assert.match(advice, /^ok +versions/m)
assert.doesNotMatch(advice, /^(?!ok).*packages/m)

if (values.quick) {
  const broker = await start({ port: 0, ephemeral: true, dev: true, logLevel: 'warn' }, console.error)
  const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.ERROR })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'letters', messages: [{ value: 'Dear Ottla' }] })
  await producer.disconnect()
  await broker.stop()
} else {
  await checkParts(kafkajs, start)
  const libraries = readdirSync(join(home, '.cache', 'ottla'))
  assert.ok(libraries.length >= 4, `libraries were written for later starts: ${libraries}`)
}
console.log('the executable serves')
