/** One of several processes that use virtual clusters at once: produces to each that it is told of, and reads back what is there. */
import { argv } from 'node:process'
import { Kafka, logLevel } from 'kafkajs'

const topic = 'orders'
/** On a busy machine an answer may take long, and none is worth asking for twice, or waiting before that. */
const patience = {
  ...{ connectionTimeout: 600_000, requestTimeout: 600_000 },
  retry: { initialRetryTime: 10, maxRetryTime: 100, retries: 1_000 },
}

async function use({ name, bootstrap }) {
  const kafka = new Kafka({ clientId: name, brokers: [bootstrap], logLevel: logLevel.NOTHING, ...patience })
  const producer = kafka.producer()
  await producer.connect()
  await producer.send({ topic, messages: [1, 2, 3].map(n => ({ key: name, value: `${name} ${n}` })) })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'app', maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values = []
  await new Promise((resolve, reject) => {
    const eachMessage = async ({ message }) => values.push(String(message.value)) === 3 && resolve()
    // Otherwise one that has given up would be waited for.
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => restart || reject(error))
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return { name, values }
}

const all = await Promise.all(JSON.parse(argv[2]).map(use))
console.log(JSON.stringify(all))
