/** Run in a directory into which the package was installed: the command serves, the library serves twice, and nothing is left behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { Broker } from 'ottla'

const before = readdirSync('.')

const command = spawn('npx', ['ottla', 'start', '--dev', '--ephemeral', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
})
const [line] = await once(command.stdout, 'data')
assert.match(String(line), /^ottla ready: 127\.0\.0\.1:\d+, node 1/)
process.kill(-command.pid, 'SIGTERM')
await once(command, 'exit')

const brokers = [await Broker.start({ port: 0, ephemeral: true }), await Broker.start({ port: 0, ephemeral: true })]
assert.notEqual(brokers[0].bootstrap, brokers[1].bootstrap)
for (const broker of brokers) {
  assert.match(broker.bootstrap, /^127\.0\.0\.1:\d+$/)
  await broker.stop()
}
assert.deepEqual(readdirSync('.'), before, 'nothing is left behind')
// The process ends by itself only if nothing is left open.
console.log('the package serves as a command and as a library')
