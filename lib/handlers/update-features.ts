/** UpdateFeatures (KIP-584): chooses the levels of features, of those that all brokers can be at. Most are fixed here, so only what is so already can be chosen. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/messages/update-features.ts'
import { features, isSupported, levelOf } from '../cluster/features.ts'
import type { ClusterImage } from '../cluster/image.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Update = UpdateFeaturesRequest['featureUpdates'][number]

/** From this version on a request says in which way a level may change. */
const upgradeTypesSince = 1
const upgradeTypes = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 }

/** From this version on features are not named in the answer, as all of them are updated or none. */
const withoutResultsSince = 2

/** All updates or none: INVALID_UPDATE_VERSION where one cannot be. */
export async function updateFeatures(
  request: UpdateFeaturesRequest,
  context: Context,
): Promise<UpdateFeaturesResponse> {
  checkClusterOperation(context, 'alter')
  const { cluster } = context.broker
  const { featureUpdates, validateOnly } = request
  const chosen = new Map<string, number>()
  for (const update of featureUpdates) {
    const level = levelOf(update.feature, cluster.image.featureLevels)
    const reason = refusalOf(update, level, context.apiVersion) ?? refusalByOthers(update, cluster.image)
    if (reason !== null) throw new KafkaError(codes.INVALID_UPDATE_VERSION, `${update.feature}: ${reason}`)
    if (update.maxVersionLevel !== level) chosen.set(update.feature, update.maxVersionLevel)
  }
  if (!validateOnly && chosen.size > 0) await cluster.updateFeatures(chosen)
  return {
    throttleTimeMs: 0,
    errorCode: codes.NONE,
    errorMessage: null,
    results:
      context.apiVersion >= withoutResultsSince
        ? []
        : featureUpdates.map(({ feature }) => ({ feature, errorCode: codes.NONE, errorMessage: 'NONE' })),
  }
}

function refusalOf({ feature, maxVersionLevel, upgradeType }: Update, level: number, apiVersion: number) {
  const type = apiVersion >= upgradeTypesSince ? upgradeType : upgradeTypes.UPGRADE
  if (!Object.values(upgradeTypes).includes(type)) return `there is no upgrade type ${type}`
  const known = features.find(({ name }) => name === feature)
  if (known === undefined) return 'this broker has no such feature'
  if (maxVersionLevel === level) return null
  if (!known.isChosen) return `its level is ${level}, and cannot be changed to ${maxVersionLevel}`
  const { minVersion, maxVersion } = known
  if (maxVersionLevel < minVersion || maxVersionLevel > maxVersion) {
    return `its level can be ${minVersion} to ${maxVersion}, not ${maxVersionLevel}`
  }
  const isUpgrade = type === upgradeTypes.UPGRADE
  if (maxVersionLevel < level && isUpgrade) {
    return `its level is ${level}; ask for a downgrade to change it to ${maxVersionLevel}`
  }
  if (maxVersionLevel > level && !isUpgrade) {
    return `its level is ${level}; ask for an upgrade to change it to ${maxVersionLevel}`
  }
  return null
}

/** Null where all brokers that are there can be at the level. */
function refusalByOthers({ feature, maxVersionLevel }: Update, { brokers }: ClusterImage): string | null {
  const other = brokers.find(({ features: of }) => of !== undefined && !isSupported(feature, maxVersionLevel, of))
  if (other === undefined) return null
  const range = other.features?.[feature]
  return `broker ${other.id} ${range === undefined ? 'does not know it' : `can be at ${range.join(' to ')}`}`
}

/** The code for all features. */
export function refuseUpdateFeatures(
  _request: UpdateFeaturesRequest,
  { errorCode, errorMessage }: Refusal,
): UpdateFeaturesResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, results: [] }
}
