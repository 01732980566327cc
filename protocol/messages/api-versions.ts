import { api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v1 throttleTimeMs · v3 clientSoftwareName, clientSoftwareVersion, supportedFeatures, finalizedFeaturesEpoch, finalizedFeatures, … · v5 clusterId, nodeId */
export const ApiVersions = api({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 5],
  flexible: 3,
  request: {
    clientSoftwareName: string.since(3),
    clientSoftwareVersion: string.since(3),
    clusterId: string.nullable().default(null).since(5),
    nodeId: int32.default(-1).since(5),
  },
  response: {
    errorCode: int16,
    apiKeys: array(
      struct({
        apiKey: int16,
        minVersion: int16,
        maxVersion: int16,
      }),
    ),
    throttleTimeMs: int32.since(1),
    supportedFeatures: array(
      struct({
        name: string.since(3),
        minVersion: int16.since(3),
        maxVersion: int16.since(3),
      }),
    )
      .since(3)
      .tagged(0),
    finalizedFeaturesEpoch: int64.default(-1).since(3).tagged(1),
    finalizedFeatures: array(
      struct({
        name: string.since(3),
        maxVersionLevel: int16.since(3),
        minVersionLevel: int16.since(3),
      }),
    )
      .since(3)
      .tagged(2),
    zkMigrationReady: bool.default(false).since(3).tagged(3),
  },
})

export interface ApiVersionsRequest extends RequestOf<typeof ApiVersions> {}
export interface ApiVersionsResponse extends ResponseOf<typeof ApiVersions> {}
