/**
 * What of the package is most easily lost in a build, or where a test framework runs modules in a context of its own: threads, native
 * packages, code made at run time, and errors of the system. Resolves when all of it worked; written without any framework, so that each can run it.
 */
const assert = require('node:assert/strict')
const { cpSync, mkdtempSync, rmSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { join } = require('node:path')

const text = 'All happy families are alike; each unhappy family is unhappy in its own way. '.repeat(1000)

function sizeOf(broker, topic) {
  const metric = broker.metrics().find(({ name, tags }) => name === 'Size' && tags.topic === topic)
  return metric.value
}

/** `kafkajs` and `ottla` are the exports of those packages. */
exports.check = async function check({ Kafka, logLevel }, { Broker, ConfigError }) {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-parts-'))
  const lines = []
  const log = message => lines.push(message)
  const logger = { trace() {}, debug() {}, info: log, warn: log, error: log, enabled: () => true, child: () => logger }
  const start = (name, more) => Broker.start({ port: 0, data: join(directory, name), dev: true, logger, ...more })
  const broker = await start('data', { properties: { 'log.cleaner.backoff.ms': '50' } })
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
        { topic: 'many', numPartitions: 70 },
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
      const size = sizeOf(broker, topic)
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

    while (!lines.includes('compacted a partition')) await new Promise(resolve => setTimeout(resolve, 10))

    // A copy of the directory is what a crash leaves.
    cpSync(join(directory, 'data'), join(directory, 'copy'), { recursive: true, filter: path => !path.endsWith('.lock') })
    const second = await start('copy')
    assert.match(lines.join('\n'), /recovered (?:[7-9]\d|\d{3,}) logs/)
    assert.ok(sizeOf(second, 'long') > 3 * text.length, 'what was written is there')
    await second.stop()

    const port = Number(broker.bootstrap.split(':')[1])
    await assert.rejects(start('other', { port }), /the port is taken/)
    await assert.rejects(start('data'), /is in use/)
    await assert.rejects(start('data/meta.properties/below'), /ENOTDIR|not a directory/)
    await assert.rejects(start('other', { properties: { 'log.retention.bytes': 'few' } }), ConfigError)
  } finally {
    await broker.stop()
    rmSync(directory, { recursive: true })
  }
}
