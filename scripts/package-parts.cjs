/**
 * What of the package is most easily lost in a build, or where a test framework runs modules in a context of its own: threads, native
 * packages, code made at run time, and errors of the system. Written without any framework, so that each can run it.
 */
const assert = require('node:assert/strict')
const { mkdtempSync, readdirSync, rmSync, statSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const text = 'All happy families are alike; each unhappy family is unhappy in its own way. '.repeat(1000)

function sizeOf(data, topic) {
  const directory = join(data, `${topic}-0`)
  const logs = readdirSync(directory).filter(name => name.endsWith('.log'))
  return logs.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
}

async function until(condition, what) {
  for (const from = Date.now(); !condition(); await new Promise(resolve => setTimeout(resolve, 10))) {
    assert.ok(Date.now() - from < 30_000, what)
  }
}

/**
 * Resolves when all of it worked. `kafkajs` are the exports of that package; `start(options, log)` starts a broker with the library's options,
 * hands its log to a function line by line, and resolves with `bootstrap` and `stop()`.
 */
exports.checkParts = async function checkParts({ Kafka, logLevel }, start) {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-parts-'))
  const data = join(directory, 'data')
  let log = ''
  const startIn = (name, more) =>
    start({ port: 0, data: join(directory, name), dev: true, logLevel: 'info', ...more }, line => {
      log += `${line}\n`
    })
  const broker = await startIn('data', { properties: { 'log.cleaner.backoff.ms': '50' } })
  try {
    const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
    const admin = kafka.admin()
    const producer = kafka.producer()
    await admin.connect()
    await producer.connect()

    const packed = ['gzip', 'snappy', 'lz4', 'zstd']
    const set = settings => Object.entries(settings).map(([name, value]) => ({ name, value }))
    await admin.createTopics({
      topics: [
        // As many logs as are recovered in threads.
        { topic: 'many', numPartitions: 200 },
        { topic: 'long', numPartitions: 1 },
        {
          topic: 'keyed',
          configEntries: set({
            'cleanup.policy': 'compact',
            'internal.segment.bytes': '10000',
            'min.cleanable.dirty.ratio': '0.01',
          }),
        },
        ...packed.map(codec => ({ topic: codec, configEntries: set({ 'compression.type': codec }) })),
      ],
    })
    for (const topic of packed) {
      await producer.send({ topic, messages: [{ value: text }] })
      const size = sizeOf(data, topic)
      assert.ok(size > 100 && size < text.length / 10, `${topic} packs ${text.length} bytes into ${size}`)
      // A small one is packed without a thread.
      await producer.send({ topic, messages: [{ value: text.slice(0, 4000) }] })
    }
    for (let round = 0; round < 30; round++) {
      await producer.send({ topic: 'keyed', messages: [{ key: 'only', value: `${round} ${text.slice(0, 2000)}` }] })
    }
    await producer.send({ topic: 'long', messages: [{ value: text }, { value: text }, { value: text }] })

    const values = []
    const consumer = kafka.consumer({ groupId: 'readers' })
    await consumer.connect()
    await consumer.subscribe({ topics: ['long', 'gzip'], fromBeginning: true })
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      const eachMessage = async ({ message }) => values.push(message.value.toString()) === 5 && resolve()
      consumer.run({ eachMessage }).catch(reject)
    })
    assert.equal(values.join('').length, 4 * text.length + 4000)
    await consumer.disconnect()
    await producer.disconnect()
    await admin.disconnect()

    await until(() => log.includes('compacted a partition'), `no partition is compacted: ${log}`)

    const port = Number(broker.bootstrap.split(':')[1])
    await assert.rejects(startIn('other', { port }), /the port is taken/)
    await assert.rejects(startIn('data'), /is in use/)
    await assert.rejects(startIn('data/meta.properties/below'), /is in, a file that is no directory/)
    await assert.rejects(startIn('other', { properties: { 'log.retention.bytes': 'few' } }), /log\.retention\.bytes/)

    // Many logs are made a slice at a time.
    const made = () => readdirSync(data).filter(name => name.startsWith('many-')).length
    await until(() => made() === 200, 'not all logs are made')

    // Without these files the directory is as after a crash.
    await broker.stop()
    for (const name of ['.kafka_cleanshutdown', 'recovery-point-offset-checkpoint']) rmSync(join(data, name))
    const second = await startIn('data')
    await second.stop()
    assert.match(log, /recovered (?:[7-9]\d|\d{3}) logs/)
    assert.ok(sizeOf(data, 'long') > 3 * text.length, 'what was written is there')
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true })
  }
}

/** The same of the library: `ottla` are its exports. */
exports.checkLibrary = async function checkLibrary(kafkajs, { Broker, ConfigError }) {
  await exports.checkParts(kafkajs, (options, log) => {
    const logger = { trace() {}, debug() {}, info: log, warn: log, error: log, enabled: () => true, child: () => logger }
    return Broker.start({ ...options, logger })
  })
  await assert.rejects(Broker.start({ properties: { 'log.retention.bytes': 'few' } }), ConfigError)
}
