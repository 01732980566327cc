/** UpdateFeatures (KIP-584): chooses the levels of features. Levels are fixed here, so only what is so already can be chosen. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../protocol/messages/update-features.ts'
import { features } from '../cluster/features.ts'
import { checkClusterOperation } from './authorized-operations.ts'
import type { Context } from './context.ts'
import type { Refusal } from './refusals.ts'

type Update = UpdateFeaturesRequest['featureUpdates'][number]

/** From this version on a request says in which way a level may change. */
const upgradeTypesSince = 1
const upgradeTypes = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 }

/** All updates or none: INVALID_UPDATE_VERSION where one cannot be. */
export function updateFeatures(request: UpdateFeaturesRequest, context: Context): UpdateFeaturesResponse {
  checkClusterOperation(context, 'alter')
  for (const update of request.featureUpdates) {
    const reason = refusalOf(update, context.apiVersion)
    if (reason !== null) throw new KafkaError(codes.INVALID_UPDATE_VERSION, `${update.feature}: ${reason}`)
  }
  return {
    throttleTimeMs: 0,
    errorCode: codes.NONE,
    errorMessage: null,
    results: request.featureUpdates.map(({ feature }) => ({ feature, errorCode: codes.NONE, errorMessage: 'NONE' })),
  }
}

function refusalOf({ feature, maxVersionLevel, upgradeType }: Update, apiVersion: number): string | null {
  if (apiVersion >= upgradeTypesSince && !Object.values(upgradeTypes).includes(upgradeType)) {
    return `there is no upgrade type ${upgradeType}`
  }
  const known = features.find(({ name }) => name === feature)
  if (known === undefined) return 'this broker has no such feature'
  if (maxVersionLevel === known.level) return null
  return `its level is ${known.level}, and cannot be changed to ${maxVersionLevel}`
}

/** The code for all features. */
export function refuseUpdateFeatures(
  _request: UpdateFeaturesRequest,
  { errorCode, errorMessage }: Refusal,
): UpdateFeaturesResponse {
  return { throttleTimeMs: 0, errorCode, errorMessage, results: [] }
}
