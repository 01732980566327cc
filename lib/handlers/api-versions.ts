/** ApiVersions: which APIs the broker answers, in which versions, and which features it has. */
import { codes } from '../../protocol/errors.ts'
import { ApiVersions, type ApiVersionsRequest, type ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import { type FeatureLevels, features, levelOf } from '../cluster/features.ts'
import type { AdvertisedApi, Context } from './context.ts'
import type { Refusal } from './refusals.ts'

/** From this version on clients tell their software's name, and are told features (KIP-511, KIP-584). */
const softwareSince = 3
/** From this version on clients may tell which broker they think this is (KIP-1242). */
const identitySince = 5
const noNode = -1
/** Earlier clients take a feature whose lowest level is 0 for a fault. */
const zeroLevelsSince = 4
/** Letters and digits at both ends, dots and dashes between. */
const softwareForm = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?$/

/** INVALID_REQUEST for a software name that is none and for a cluster without a node or a node without a cluster, REBOOTSTRAP_REQUIRED for a client that meant another broker. */
export function apiVersions(request: ApiVersionsRequest, context: Context): ApiVersionsResponse {
  const { apiVersion, connection, broker } = context
  const { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId } = request
  if (apiVersion >= softwareSince) {
    if (!softwareForm.test(clientSoftwareName) || !softwareForm.test(clientSoftwareVersion)) {
      return refused(codes.INVALID_REQUEST)
    }
    connection.clientSoftwareName = clientSoftwareName
    connection.clientSoftwareVersion = clientSoftwareVersion
  }
  const { image } = broker.cluster
  if (apiVersion >= identitySince && (clusterId !== null || nodeId !== noNode)) {
    if (clusterId === null || nodeId === noNode) return refused(codes.INVALID_REQUEST)
    if (clusterId !== image.clusterId || nodeId !== broker.nodeId) return refused(codes.REBOOTSTRAP_REQUIRED)
  }
  return apiVersionsAnswer(broker.advertisedApis, {
    apiVersion,
    featuresEpoch: image.revision,
    featureLevels: image.featureLevels,
  })
}

function refused(errorCode: number): ApiVersionsResponse {
  return { errorCode, apiKeys: [], throttleTimeMs: 0 }
}

/** The answer to a version of the request, given what is to be advertised. */
export function apiVersionsAnswer(
  apis: readonly AdvertisedApi[],
  chosen: { readonly apiVersion: number; readonly featuresEpoch: number; readonly featureLevels: FeatureLevels },
): ApiVersionsResponse {
  const { apiVersion, featuresEpoch, featureLevels } = chosen
  const sorted = [...apis].sort((a, b) => a.key - b.key)
  return {
    errorCode: codes.NONE,
    apiKeys: sorted.map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max })),
    throttleTimeMs: 0,
    supportedFeatures: features
      .filter(({ minVersion }) => minVersion > 0 || apiVersion >= zeroLevelsSince)
      .map(({ name, minVersion, maxVersion }) => ({ name, minVersion, maxVersion })),
    finalizedFeaturesEpoch: featuresEpoch,
    finalizedFeatures: features
      .map(({ name }) => ({ name, level: levelOf(name, featureLevels) }))
      .filter(({ level }) => level > 0)
      .map(({ name, level }) => ({ name, maxVersionLevel: level, minVersionLevel: level })),
  }
}

/** The code, and no APIs but this one, for clients that asked in a version that there is not. */
export function refuseApiVersions(_request: ApiVersionsRequest, { errorCode }: Refusal): ApiVersionsResponse {
  if (errorCode !== codes.UNSUPPORTED_VERSION) return refused(errorCode)
  const { key, versions, latestStable } = ApiVersions
  return { ...refused(errorCode), apiKeys: [{ apiKey: key, minVersion: versions[0], maxVersion: latestStable }] }
}
