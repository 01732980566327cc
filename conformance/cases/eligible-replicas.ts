/** Eligible leader replicas (KIP-966), switched off and on: how the level is chosen, and what may be done to `min.insync.replicas` meanwhile. */
import { AlterConfigs } from '../../protocol/messages/alter-configs.ts'
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { DescribeConfigs } from '../../protocol/messages/describe-configs.ts'
import { IncrementalAlterConfigs } from '../../protocol/messages/incremental-alter-configs.ts'
import { UpdateFeatures } from '../../protocol/messages/update-features.ts'
import { until } from '../scenario.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

const feature = 'eligible.leader.replicas.version'
const property = 'min.insync.replicas'
const brokerType = 4
const [set, remove, append] = [0, 1, 2]
const [upgrade, safeDowngrade, unsafeDowngrade] = [1, 2, 3]

async function level(session: Session): Promise<number> {
  const { finalizedFeatures = [] } = await session.prepare(ApiVersions, 4, {
    ...{ clientSoftwareName: 'conformance', clientSoftwareVersion: '1' },
  })
  return finalizedFeatures.find(({ name }) => name === feature)?.maxVersionLevel ?? 0
}

async function choose(session: Session, maxVersionLevel: number): Promise<void> {
  const upgradeType = maxVersionLevel === 0 ? safeDowngrade : upgrade
  const featureUpdates = [{ feature, maxVersionLevel, upgradeType }]
  await until(`level ${maxVersionLevel}`, async () => {
    if ((await level(session)) === maxVersionLevel) return true
    await session.prepare(UpdateFeatures, 1, { timeoutMs: 10_000, featureUpdates })
    return undefined
  })
}

async function off(session: Session, run: () => Promise<void>): Promise<void> {
  try {
    await choose(session, 0)
    await run()
  } finally {
    await choose(session, 1)
  }
}

async function levels(session: Session): Promise<void> {
  for (const from of [1, 0]) {
    const ask = async () => {
      for (const to of [-1, 0, 1, 2]) {
        for (const upgradeType of [upgrade, safeDowngrade, unsafeDowngrade]) {
          const featureUpdates = [{ feature, maxVersionLevel: to, upgradeType }]
          const request = { timeoutMs: 10_000, featureUpdates, validateOnly: true }
          await session.send(UpdateFeatures, 2, request, `from ${from} to ${to} by ${upgradeType}`)
        }
      }
    }
    if (from === 1) await ask()
    else await off(session, ask)
  }
}

/** What brokers have of it: of all of them, and of the one. A broker of Apache Kafka hears of it a moment later. */
async function shown(session: Session, label: string, isSet: boolean): Promise<void> {
  const described = async (resourceName: string) => {
    const resources = [{ resourceType: brokerType, resourceName, configurationKeys: [property] }]
    const { results } = await session.prepare(DescribeConfigs, 4, { resources, includeSynonyms: true })
    const [config] = results[0]!.configs
    return config && { value: config.value, source: config.configSource, synonyms: config.synonyms }
  }
  await until(label, async () => (isSet === ((await described('')) !== undefined) ? true : undefined))
  session.note('DescribeConfigs', 4, `${label}, all brokers`, await described(''))
}

async function minInsync(session: Session): Promise<void> {
  const alter = (resourceName: string, configOperation: number, value: string | null, label: string) =>
    session.send(
      IncrementalAlterConfigs,
      1,
      {
        resources: [{ resourceType: brokerType, resourceName, configs: [{ name: property, configOperation, value }] }],
        validateOnly: true,
      },
      label,
    )
  const replace = (resourceName: string, configs: { name: string; value: string }[], label: string) =>
    session.send(
      AlterConfigs,
      2,
      { resources: [{ resourceType: brokerType, resourceName, configs }], validateOnly: true },
      label,
    )
  const all = async (label: string) => {
    await alter('1', set, '1', `${label}, set for one broker`)
    await alter('1', remove, null, `${label}, removed from one broker`)
    await alter('1', append, '1', `${label}, appended to that of one broker`)
    await alter('', set, '1', `${label}, set for all`)
    await alter('', set, '0', `${label}, too low for all`)
    await alter('', remove, null, `${label}, removed from all`)
    await replace('', [], `${label}, all settings of all replaced by none`)
    await replace('', [{ name: property, value: '1' }], `${label}, all settings of all replaced by it`)
    await replace('1', [], `${label}, all settings of one broker replaced by none`)
    await replace('1', [{ name: property, value: '1' }], `${label}, all settings of one broker replaced by it`)
  }
  // It stays at what others have set it to.
  const configs = [{ name: property, configOperation: set, value: '1' }]
  const resources = [{ resourceType: brokerType, resourceName: '', configs }]
  await session.prepare(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
  await shown(session, 'while it is on', true)
  await all('while it is on')
  await off(session, async () => {
    await all('while it is off')
    const resources = [
      {
        resourceType: brokerType,
        resourceName: '',
        configs: [{ name: property, configOperation: remove, value: null }],
      },
    ]
    await session.send(IncrementalAlterConfigs, 1, { resources, validateOnly: false }, 'taken away while it is off')
    await shown(session, 'taken away while it is off', false)
  })
  await shown(session, 'when it is on again', true)
}

export const eligibleReplicaCases: readonly Case[] = [
  { name: 'eligible replicas: the levels of the feature', run: levels },
  { name: 'eligible replicas: min.insync.replicas of brokers', run: minInsync },
]
