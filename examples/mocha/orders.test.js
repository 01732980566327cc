/** A test of Mocha with a Kafka broker of its own. */
import assert from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { Broker } from 'ottla'

let broker
let kafka

before(async () => {
  broker = await Broker.start({ port: 0, ephemeral: true, dev: true })
  kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.ERROR })
})

after(() => broker.stop())

it('gets an order', async () => {
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
