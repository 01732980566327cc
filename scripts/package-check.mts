/** The types of the package as ES modules see them. */
import { Broker, type BrokerOptions, ConfigError } from 'ottla'
import { TestKafka, type TestKafkaOptions, type TestRecord } from 'ottla/testing'

const options: BrokerOptions = { port: 0, ephemeral: true, dev: true }
await using broker = await Broker.start(options)
const bootstrap: string = broker.bootstrap

const testing: TestKafkaOptions = { topics: { orders: 3 }, seed: 1 }
await using kit = await TestKafka.start(testing)
const { leftovers } = await kit.reset()
const [record] = await kit.topic('orders').records({ decode: value => value?.length ?? 0 })
const first: TestRecord<number> | undefined = record
export { bootstrap, ConfigError, first, leftovers }
