/** Who reaches the broker in a container, by what address: the machine outside, and other containers, all by one listener. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fetchKafka, kafkaTool } from '../../conformance/kafka.ts'
import { Client, readAll } from '../../conformance/kafkajs/kafka.ts'
import type { Scenario } from '../../conformance/scenario.ts'
import { root } from '../sources.ts'
import { type Container, finished, freePort } from './engine.ts'
import type { Subject } from './main.ts'

/** How long the clients' suite may take, with what it has to install. */
const clientsMsMax = 600_000
/** How long `stop` may take. */
const stopMsMax = 2_000

export function reachScenarios({ engine, image }: Subject, full: boolean): Scenario[] {
  let broker: Container
  let bootstrap = ''
  let network = ''
  const scenarios: Scenario[] = [
    {
      name: 'it serves through a published port without any settings',
      run: async () => {
        network = await engine.network()
        const port = await freePort(9092)
        bootstrap = `localhost:${port}`
        const published = port === 9092 ? [] : ['--env', `OTTLA_PUBLISHED=${bootstrap}`]
        const on = ['--network', network, '--network-alias', 'kafka']
        broker = await engine.start([...published, ...on, '--publish', `${port}:9092`], image)
        await broker.says('Kafka Server started')
        return bootstrap
      },
    },
    {
      name: 'kafkajs produces and consumes in a group through the published port',
      run: async () => {
        const client = new Client(bootstrap)
        try {
          const topic = await client.topic('published')
          const producer = await client.producer()
          await producer.send({ topic, messages: [{ key: 'a', value: '1' }] })
          const [seen] = await readAll(client, topic, 1)
          assert.equal(seen!.value, '1')
          return undefined
        } finally {
          await client.close()
        }
      },
    },
    {
      name: 'another container does so by the name of the service, by the same listener',
      run: async () => {
        const kafkajs = join(root, 'node_modules', 'kafkajs')
        const mounted = ['--volume', `${kafkajs}:/home/ottla/node_modules/kafkajs:ro`]
        const { code, stdout, stderr } = await engine.once(
          ['--network', network, ...mounted],
          image,
          ...['node', '-e', neighbour],
        )
        assert.equal(code, 0, stderr)
        assert.match(stdout, /^told \d+\.\d+\.\d+\.\d+:9092, read hello$/m)
        return stdout.trim()
      },
    },
  ]
  if (full) {
    scenarios.push(
      {
        name: 'kcat and Python clients do so through the published port, every codec, in groups',
        // Python's clients may have to be installed first.
        msMax: clientsMsMax,
        run: async () => {
          const suite = ['conformance/main.ts', 'clients', '--bootstrap', bootstrap]
          const run = [join(root, 'scripts', 'run.mjs'), 'script', ...suite]
          const { code, stdout, stderr } = await finished(process.execPath, run, clientsMsMax)
          assert.equal(code, 0, stdout + stderr)
          return stdout.match(/\d+ passed.*/)?.[0]
        },
      },
      {
        name: 'Java does so through the published port',
        run: async () => {
          const missing = fetchKafka()
          if (missing !== null) return `skipped: ${missing}`
          const topic = `java-${Date.now()}`
          const tools = 'org.apache.kafka.tools'
          const to = ['--bootstrap-server', bootstrap, '--topic', topic]
          await kafkaTool(`${tools}.VerifiableProducer`, [...to, '--max-messages', '10'])
          const read = await kafkaTool(`${tools}.consumer.ConsoleConsumer`, [
            ...to,
            ...['--group', 'java', '--from-beginning', '--max-messages', '10', '--timeout-ms', '20000'],
          ])
          assert.equal(read.trim().split('\n').length, 10)
          return undefined
        },
      },
      {
        name: 'an init container makes topics',
        run: async () => {
          const create = ['--create', '--topic', 'orders', '--partitions', '3', '--if-not-exists']
          const made = await engine.once(
            ['--network', network],
            image,
            ...['kafka-topics', '--bootstrap-server', 'kafka:9092', ...create],
          )
          assert.equal(made.code, 0, made.stderr)
          const { stdout } = await broker.exec('kafka-topics.sh', '--bootstrap-server', 'localhost:9092', '--list')
          assert.ok(stdout.split('\n').includes('orders'), stdout)
          return undefined
        },
      },
    )
  }
  scenarios.push({
    name: `it stops within ${stopMsMax / 1000} s, with exit code 0`,
    run: async () => {
      const { elapsedMs, code } = await broker.stop()
      assert.equal(code, 0)
      assert.ok(elapsedMs < stopMsMax, `it took ${elapsedMs} ms`)
      return `${elapsedMs} ms`
    },
  })
  return scenarios
}

/** What a neighbour runs: it tells the address that it was told, and reads what it wrote. */
const neighbour = `
const { Kafka } = require('kafkajs')
const kafka = new Kafka({ brokers: ['kafka:9092'], logLevel: 1 })
;(async () => {
  const admin = kafka.admin()
  await admin.connect()
  const { brokers } = await admin.describeCluster()
  await admin.createTopics({ topics: [{ topic: 'neighbour' }] })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'neighbour', messages: [{ value: 'hello' }] })
  const consumer = kafka.consumer({ groupId: 'neighbours' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'neighbour', fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      console.log('told ' + brokers[0].host + ':' + brokers[0].port + ', read ' + message.value)
      process.exit(0)
    },
  })
})()
`
