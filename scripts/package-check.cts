/** The types of the package as CommonJS sees them. */
import ottla = require('ottla')

const started: Promise<ottla.Broker> = ottla.Broker.start({ port: 0, ephemeral: true })
export = started
