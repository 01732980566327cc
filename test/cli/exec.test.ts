/** `ottla exec`: a command with a broker of its own. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import { command, ottla, ottlaIn } from './command.ts'

const node = process.execPath

t.test('the command finds the broker in its environment, whatever stood there before', async t => {
  const script = `
    const names = ['KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_BROKERS', 'BOOTSTRAP_SERVERS', 'SPRING_KAFKA_BOOTSTRAP_SERVERS']
    const [host, port] = process.env[names[0]].split(':')
    require('node:net').connect(port, host, () => {
      console.log(JSON.stringify([host, new Set(names.map(name => process.env[name])).size, process.env.OTHER]))
      process.exit(0)
    })`
  const { status, stdout, stderr } = spawnSync(node, [command, 'exec', '--', node, '-e', script], {
    encoding: 'utf8',
    env: { ...process.env, KAFKA_BROKERS: 'production:9092', OTHER: 'kept' },
  })
  t.equal(stderr, '')
  t.equal(status, 0)
  t.same(JSON.parse(stdout), ['127.0.0.1', 1, 'kept'])
})

t.test('its exit code is the command’s, and nothing is left behind', async t => {
  const directory = t.testdir()
  t.equal(ottlaIn(directory, 'exec', '--', node, '-e', 'process.exit(7)').code, 7)
  t.equal(ottlaIn(directory, 'exec', '--', node, '-e', 'process.kill(process.pid, "SIGKILL")').code, 137)
  t.notOk(existsSync(join(directory, 'ottla-data')))
})

t.test('a command that cannot be run ends as a shell would say', async t => {
  const missing = ottla('exec', '--', 'no-such-command', 'at-all')
  t.match(missing, { code: 127, stderr: /there is no command no-such-command/ })
  const file = join(t.testdir(), 'script')
  writeFileSync(file, '#!/bin/sh\n')
  chmodSync(file, 0o644)
  t.match(ottla('exec', '--', file), { code: 126, stderr: /chmod \+x/ })
  t.match(ottla('exec', '--topic', 'orders:3'), { code: 1, stderr: /after --/ })
  t.match(ottla('exec', '--'), { code: 1, stderr: /after --/ })
  t.match(ottla('exec', 'missing.properties', '--', 'true'), { code: 1, stderr: /missing\.properties/ })
  t.match(ottla('exec', '--port', 'x', '--', 'true'), { code: 1, stderr: /--port x/ })
  t.match(ottla('exec', '--help'), { code: 0, stdout: /KAFKA_BOOTSTRAP_SERVERS/ })
})

t.test('the options of start hold here, too', async t => {
  const directory = t.testdir()
  const script = `
    const { readFileSync, existsSync } = require('node:fs')
    const ready = JSON.parse(readFileSync('ready.json', 'utf8'))
    if (ready.bootstrap !== process.env.KAFKA_BOOTSTRAP_SERVERS || !existsSync('kept/orders-2')) process.exit(1)`
  const options = ['--data', 'kept', '--topic', 'orders:3', '--ready-file', 'ready.json']
  t.match(ottlaIn(directory, 'exec', ...options, '--', node, '-e', script), { code: 0, stderr: '' })
  t.notOk(existsSync(join(directory, 'ready.json')))
  t.ok(existsSync(join(directory, 'kept', '.kafka_cleanshutdown')), 'and the broker was stopped well')
})

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  t.test(`${signal} goes to the command, and the broker outlives it`, async t => {
    const script = `
      process.on('${signal}', () => { console.log('told'); process.exit(9) })
      console.log(process.env.KAFKA_BOOTSTRAP_SERVERS)
      setInterval(() => {}, 1000)`
    const child = spawn(node, [command, 'exec', '--', node, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    const ended = once(child, 'exit')
    let output = ''
    for await (const chunk of child.stdout) {
      if (output === '') child.kill(signal)
      output += chunk
    }
    t.match(output, 'told')
    t.same(await ended, [9, null])
    const [host, port] = output.split('\n')[0]!.split(':') as [string, string]
    await t.rejects(Client.connect({ host, port: Number(port) }))
  })
}

t.test('a signal that ends the command is told by the exit code', async t => {
  const script = `console.log('here'); setInterval(() => {}, 1000)`
  const child = spawn(node, [command, 'exec', '--', node, '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  t.same(await ended, [143, null])
})
