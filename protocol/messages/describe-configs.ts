import { api, array, bool, int8, int16, int32, type RequestOf, type ResponseOf, string, struct } from '../schema.ts'

/** PURPOSE. v1 includeSynonyms · v3 includeDocumentation · v4 flexible */
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
                name: string.since(1),
                value: string.nullable().since(1),
                source: int8.since(1),
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
