import { api, array, bool, int16, int32, int64, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Says which APIs and versions the broker speaks, and which features are on; the first request of most clients
 * (KIP-35).
 * v1 throttle time · v2 the client waits out its own throttle (KIP-219) ·
 * v3 flexible, name and version of the client (KIP-511), features (KIP-584) · v4 features may begin at level 0 ·
 * v5 the cluster and node that the client means to reach
 */
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
        name: string,
        minVersion: int16,
        maxVersion: int16,
      }),
    )
      .since(3)
      .tagged(0),
    finalizedFeaturesEpoch: int64.default(-1).since(3).tagged(1),
    finalizedFeatures: array(
      struct({
        name: string,
        maxVersionLevel: int16,
        minVersionLevel: int16,
      }),
    )
      .since(3)
      .tagged(2),
    zkMigrationReady: bool.default(false).since(3).tagged(3),
  },
})

export interface ApiVersionsRequest extends RequestOf<typeof ApiVersions> {}
export interface ApiVersionsResponse extends ResponseOf<typeof ApiVersions> {}
