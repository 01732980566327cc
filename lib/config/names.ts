/** What to say about a property name that the broker does not know. */
import { nearestOf } from '../base/names.ts'
import { isOfAuthorizer } from './authorizer.ts'
import { brokerProperties } from './definitions.ts'
import { isMetadataStoreProperty } from './metadata-store.ts'
import { isTopicPolicyProperty } from './topic-policy.ts'

/** Names that Kafka once knew, and what became of them. */
const retired: Readonly<Record<string, string>> = {
  'zookeeper.connect': 'there is no ZooKeeper any more; leave it out',
  'zookeeper.connection.timeout.ms': 'there is no ZooKeeper any more; leave it out',
  'zookeeper.session.timeout.ms': 'there is no ZooKeeper any more; leave it out',
  'zookeeper.set.acl': 'there is no ZooKeeper any more; leave it out',
  'inter.broker.protocol.version': 'brokers agree on features by themselves; leave it out',
  'log.message.format.version': 'records are always kept in the newest format; leave it out',
  'log.message.downconversion.enable': 'old clients always get records in a format that they read; leave it out',
  'log.message.timestamp.difference.max.ms':
    'use log.message.timestamp.before.max.ms and log.message.timestamp.after.max.ms',
  'advertised.host.name': 'use advertised.listeners',
  'advertised.port': 'use advertised.listeners',
  'host.name': 'use listeners',
  port: 'use listeners',
  'reserved.broker.max.id': 'node ids are always set by hand; leave it out',
  'broker.id.generation.enable': 'node ids are always set by hand; leave it out',
}

/** Properties under these belong to plug-ins, and only those know them. */
const pluginPrefixes = ['rlmm.config.', 'rsm.config.', 'config.providers.', 'client.quota.callback.', 'metrics.jmx.']

/** A sentence for an unknown property, or null where it may be ignored in silence. */
export function nameAdvice(name: string): string | null {
  if (pluginPrefixes.some(prefix => name.startsWith(prefix))) return null
  if (isMetadataStoreProperty(name) || isTopicPolicyProperty(name)) return null
  if (isOfAuthorizer(name)) return null
  const scoped = /^listener\.name\.[^.]+\.(.+)$/.exec(name)
  if (scoped && isScopable(scoped[1]!)) return null
  // For one mechanism on all listeners.
  if (/^(?:plain|scram-sha-(?:256|512))\.sasl\.jaas\.config$/.test(name)) return null
  const fate = Object.hasOwn(retired, name) ? retired[name] : undefined
  if (fate !== undefined) return `${name} is not used any more: ${fate}`
  const nearest = nearestName(name)
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`
  return `${name} is not a property of the broker and is ignored${hint}`
}

/** A listener may have settings of its own, in turn for one SASL mechanism. */
function isScopable(name: string): boolean {
  if (Object.hasOwn(brokerProperties, name)) return true
  const mechanism = name.indexOf('.')
  return mechanism > 0 && Object.hasOwn(brokerProperties, name.slice(mechanism + 1))
}

/** The known name with the fewest letters to change, null where none comes near. */
export function nearestName(name: string): string | null {
  return nearestOf(name, Object.keys(brokerProperties))
}
