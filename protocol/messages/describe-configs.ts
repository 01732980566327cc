import { api, array, bool, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/**
 * Reads the configs of topics, brokers and groups with where each value comes from (KIP-133).
 * v1 source and synonyms (KIP-226) · v2 the client waits out its own throttle (KIP-219) ·
 * v3 type and documentation (KIP-569) · v4 flexible
 */
export const DescribeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  versions: [0, 4],
  flexible: 4,
  request: {
    resources: array(
      struct({
        resourceType: int8,
        resourceName: string,
        configurationKeys: array(string).nullable(),
      }),
    ),
    includeSynonyms: bool.default(false).since(1),
    includeDocumentation: bool.default(false).since(3),
  },
  response: {
    throttleTimeMs: int32,
    results: array(
      struct({
        errorCode: int16,
        errorMessage: string.nullable(),
        resourceType: int8,
        resourceName: string,
        configs: array(
          struct({
            name: string,
            value: string.nullable(),
            readOnly: bool,
            isDefault: bool.until(0),
            configSource: int8.default(-1).since(1),
            isSensitive: bool,
            synonyms: array(
              struct({
                name: string,
                value: string.nullable(),
                source: int8,
              }),
            ).since(1),
            configType: int8.default(0).since(3),
            documentation: string.nullable().since(3),
          }),
        ),
      }),
    ),
  },
})

export interface DescribeConfigsRequest extends RequestOf<typeof DescribeConfigs> {}
export interface DescribeConfigsResponse extends ResponseOf<typeof DescribeConfigs> {}
