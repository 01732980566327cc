/**
 * Compiles the bundled command in advance: `node compile.cjs SCRIPT CODE FLAG ...`. The command runs once, so that V8 keeps the functions that
 * a start, a produce and a consume need and not only those that are compiled at once.
 */
const { readFileSync, writeFileSync } = require('node:fs')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

const [script, code, ...flags] = process.argv.slice(2)
for (const flag of flags) setFlagsFromString(flag)
const compiled = new Script(readFileSync(script, 'latin1'), { filename: 'ottla.js' })

/** What the functions are compiled for that the first clients need. */
async function use(bootstrap) {
  const { Kafka, logLevel } = require('kafkajs')
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'letters', messages: [{ key: 'Franz', value: 'Dear Ottla' }] })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topics: ['letters'], fromBeginning: true })
  await new Promise(resolve => consumer.run({ eachMessage: async () => resolve() }))
  await consumer.disconnect()
}

process.argv = [process.execPath, process.execPath, 'start', '--ephemeral', '--dev', '--port', '0', '--log-level', 'error']
process.stdout.write = line => {
  use(/ready: ([^,]+),/.exec(line)[1]).then(() => {
    writeFileSync(code, compiled.createCachedData())
    process.kill(process.pid, 'SIGTERM')
  })
  return true
}
// There is no executable yet, and nothing here asks for what is in it.
const builtins = require
compiled.runInThisContext()(name => (name === 'node:sea' ? {} : builtins(name)), __filename, __dirname)
