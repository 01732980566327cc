import { api, array, bool, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Raises and lowers levels of features of the whole cluster (KIP-584).
 * v1 upgrade types, validation alone (KIP-778) · v2 one error for all (KIP-1022)
 */
export const UpdateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  versions: [0, 2],
  flexible: 0,
  request: {
    timeoutMs: int32.default(60000),
    featureUpdates: array(
      struct({
        feature: string,
        maxVersionLevel: int16,
        allowDowngrade: bool.until(0),
        upgradeType: int8.default(1).since(1),
      }),
    ),
    validateOnly: bool.default(false).since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.nullable(),
    results: array(
      struct({
        feature: string,
        errorCode: int16,
        errorMessage: string.nullable(),
      }),
    ).until(1),
  },
})

export interface UpdateFeaturesRequest extends RequestOf<typeof UpdateFeatures> {}
export interface UpdateFeaturesResponse extends ResponseOf<typeof UpdateFeatures> {}
