/** Every property that can be set while a broker runs is told as it was set, also after a restart; and is a default again once it is taken away. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { otherValue } from '../conformance/property-values.ts'
import { Broker } from '../lib/broker.ts'
import { Client } from '../lib/client/client.ts'
import { brokerProperties, groupProperties, topicProperties } from '../lib/config/definitions.ts'
import type { Properties } from '../lib/config/property.ts'
import { DescribeConfigs } from '../protocol/messages/describe-configs.ts'
import { IncrementalAlterConfigs } from '../protocol/messages/incremental-alter-configs.ts'
import { wholeRequest } from '../protocol/whole-request.ts'

const resources = [
  { resourceType: 2, resourceName: 'a', properties: topicProperties as Properties },
  { resourceType: 32, resourceName: 'g', properties: groupProperties as Properties },
  { resourceType: 4, resourceName: '', properties: brokerProperties as Properties },
  { resourceType: 4, resourceName: '1', properties: brokerProperties as Properties },
]

/** Is not served, and so cannot be set; and cannot be less than what is kept locally. */
const refused = new Set(['remote.storage.enable', 'log.retention.ms'])
/** All brokers keep one value while eligible leader replicas are on. */
const refusedOfBrokers = new Set(['min.insync.replicas'])

/** Those that decide who can connect stay as they are. */
function changesOf(properties: Properties, isBroker: boolean) {
  return Object.entries(properties).flatMap(([name, property]) => {
    if (isBroker && (property.updateMode === 'read-only' || /^(ssl|sasl|listener)|listeners|connection/.test(name)))
      return []
    const value = refused.has(name) || (isBroker && refusedOfBrokers.has(name)) ? null : otherValue(property)
    return value === null ? [] : [{ name, value }]
  })
}

async function start(t: Test, data: string) {
  const broker = await Broker.start({ port: 0, data, dev: true, logLevel: 'error', topics: { a: 1 } })
  const [host, port] = broker.bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  const stop = async () => {
    await client.close()
    await broker.stop()
  }
  t.teardown(stop)
  return { client, stop }
}

async function alter(client: Client, resourceType: number, resourceName: string, name: string, value: string | null) {
  const configs = [{ name, value, configOperation: value === null ? 1 : 0 }]
  const request = { resources: [{ resourceType, resourceName, configs }] }
  const { responses } = await client.send(IncrementalAlterConfigs, 1, wholeRequest(IncrementalAlterConfigs, request))
  return responses[0]!.errorCode
}

/** What was set, by name. */
async function told(client: Client, resourceType: number, resourceName: string, names: readonly string[]) {
  const request = { resources: [{ resourceType, resourceName, configurationKeys: [...names] }], includeSynonyms: true }
  const { results } = await client.send(DescribeConfigs, 4, wholeRequest(DescribeConfigs, request))
  return Object.fromEntries(
    results[0]!.configs.map(({ name, value, configSource, synonyms }) => [name, { value, configSource, synonyms }]),
  )
}

t.test('settings are told as they were set, also after a restart, and then are taken away', async t => {
  const data = join(t.testdir(), 'data')
  mkdirSync(data)
  const first = await start(t, data)
  const set: { resourceType: number; resourceName: string; names: string[]; told: object }[] = []
  for (const { resourceType, resourceName, properties } of resources) {
    const names: string[] = []
    for (const { name, value } of changesOf(properties, resourceType === 4)) {
      const errorCode = await alter(first.client, resourceType, resourceName, name, value)
      t.equal(errorCode, 0, `${name}=${value} of ${resourceType} '${resourceName}'`)
      names.push(name)
    }
    t.ok(names.length > 2, `${names.length} settings`)
    const now = await told(first.client, resourceType, resourceName, names)
    for (const { name, value } of changesOf(properties, resourceType === 4)) t.equal(now[name]?.value, value, name)
    set.push({ resourceType, resourceName, names, told: {} })
  }
  for (const each of set) each.told = await told(first.client, each.resourceType, each.resourceName, each.names)
  await first.stop()
  const second = await start(t, data)
  for (const { resourceType, resourceName, names, told: before } of set)
    t.same(await told(second.client, resourceType, resourceName, names), before, `${resourceType} '${resourceName}'`)
  for (const { resourceType, resourceName, names } of set)
    for (const name of names) t.equal(await alter(second.client, resourceType, resourceName, name, null), 0, name)
  const [dynamicTopic, dynamicBroker, dynamicDefault, dynamicGroup] = [1, 2, 3, 8]
  for (const { resourceType, resourceName, names } of set) {
    for (const [name, { configSource }] of Object.entries(
      await told(second.client, resourceType, resourceName, names),
    )) {
      if (refusedOfBrokers.has(name)) t.equal(configSource, dynamicDefault, name)
      else t.notOk([dynamicTopic, dynamicBroker, dynamicDefault, dynamicGroup].includes(configSource), name)
    }
  }
  await second.stop()
})
