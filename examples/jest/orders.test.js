/** A test of Jest with a Kafka broker of its own. */
const { Kafka, logLevel } = require('kafkajs')
const { Broker } = require('ottla')

let broker
let kafka

beforeAll(async () => {
  broker = await Broker.start({ port: 0, ephemeral: true, dev: true })
  kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.ERROR })
})

afterAll(() => broker.stop())

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

  expect(order).toBe('one coffee')
})
