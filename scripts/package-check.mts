/** The types of the package as ES modules see them. */
import { Broker, type BrokerOptions, ConfigError } from 'ottla'

const options: BrokerOptions = { port: 0, ephemeral: true, dev: true }
await using broker = await Broker.start(options)
const bootstrap: string = broker.bootstrap
export { bootstrap, ConfigError }
