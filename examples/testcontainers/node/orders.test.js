/** Testcontainers for Node, with the image in the place of Confluent's. Its module takes a tag from 8.0.0 on for one without ZooKeeper. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { KafkaContainer } from '@testcontainers/kafka'
import { Kafka, logLevel } from 'kafkajs'
import { Wait } from 'testcontainers'

let container
let kafka

before(async () => {
  container = await new KafkaContainer(process.env.OTTLA_IMAGE ?? 'ottla:8.4.0')
    // Version 12.2 of the module waits for its own start script alone where it is not told what to wait for.
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .start()
  kafka = new Kafka({
    brokers: [`${container.getHost()}:${container.getMappedPort(9093)}`],
    logLevel: logLevel.ERROR,
  })
})

after(() => container?.stop())

test('an order arrives', async () => {
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic: 'orders', messages: [{ key: 'Franz', value: 'one coffee' }] })
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: 'waiters' })
  await consumer.connect()
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  const order = await new Promise(resolve => {
    consumer.run({ eachMessage: async ({ message }) => resolve(message.value.toString()) })
  })
  await consumer.disconnect()

  assert.equal(order, 'one coffee')
})
