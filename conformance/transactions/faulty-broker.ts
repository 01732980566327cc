/**
 * A broker with a fault put in on purpose, which the judge of histories has to find: `SABOTAGE DIRECTORY PORT [NAME=VALUE ...]`. It is composed here,
 * so that the package has no switch for it.
 */
import { systemClocks } from '../../lib/base/clock.ts'
import { createLogger } from '../../lib/base/logger.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { Composition } from '../../lib/composition.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { startProperties } from '../../lib/config/start.ts'
import { handlerTable } from '../../lib/handlers/table.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { diskFiles } from '../../storage/files.ts'
import { transactionSabotages } from '../../test/simulation/transactions/sabotage.ts'

const [name, data, port, ...given] = process.argv.slice(2) as [string, string, string, ...string[]]
const sabotage = transactionSabotages[name]
if (sabotage === undefined) throw new Error(`there is no sabotage ${name}`)
const properties = Object.fromEntries(given.map(each => each.split('=') as [string, string]))
const broker = await Composition.start({
  config: BrokerConfig.parse(startProperties({ data, port: Number(port), properties })),
  ephemeral: false,
  parts: { clocks: systemClocks, random: systemRandom, files: diskFiles, network: systemNetwork },
  logger: createLogger('error'),
  handlers: sabotage.handlers?.(handlerTable) ?? handlerTable,
  markersThrough: sabotage.markers,
})
process.on('SIGTERM', () => void broker.stop().then(() => process.exit(0)))
console.log(`ottla ready: ${broker.bootstrap}, sabotaged`)
