/** A broker that passes for an Apache Kafka of another version: its APIs and their versions, and its features. */
import { codes } from '../../protocol/errors.ts'
import { encodeResponseFrame } from '../../protocol/frame.ts'
import { ApiVersions, type ApiVersionsResponse } from '../../protocol/messages/api-versions.ts'
import type { Chunk } from '../../protocol/records/chunk.ts'
import type { Aftermath, CallInfo, Interceptor, Verdict } from '../server/interceptor.ts'
import type { PersonaName } from './options.ts'

/** Lowest and highest version by API key. */
type Ranges = ReadonlyMap<number, readonly [number, number]>

interface Level {
  readonly minVersion: number
  readonly maxVersion: number
}

interface KafkaVersion {
  readonly apis: Ranges
  /** Features that it has, with the levels that could be chosen; those that are not here it does not know. Null for all that there are. */
  readonly features: Readonly<Record<string, Level>> | null
}

/** Highest versions, or lowest and highest, by API key: `1:5` is API 1 from 0 to 5, `1:4-17` from 4 on. */
function ranges(text: string): Ranges {
  return new Map(
    text.split(' ').map(each => {
      const [, key, first, last] = /^(\d+):(\d+)(?:-(\d+))?$/.exec(each)!
      return [Number(key), last === undefined ? [0, Number(first)] : [Number(first), Number(last)]]
    }),
  )
}

const personas: Readonly<Record<PersonaName, KafkaVersion>> = {
  '0.11': {
    apis: ranges(
      '0:3 1:5 2:2 3:4 8:3 9:3 10:1 11:2 12:1 13:1 14:1 15:1 16:1 17:0 18:1 19:2 20:1 21:0 22:0 23:0 24:0 25:0 26:0 27:0 28:0 29:0 30:0 31:0 32:0 33:0',
    ),
    features: {},
  },
  '2.8': {
    apis: ranges(
      '0:9 1:12 2:6 3:11 8:8 9:7 10:3 11:7 12:4 13:4 14:5 15:5 16:4 17:1 18:3 19:7 20:6 21:2 22:4 23:4 24:3 25:3 26:3 27:1 28:3 29:2 30:2 31:2 32:4 33:2 34:2 35:2 36:2 37:3 38:2 39:2 40:2 41:2 42:2 43:2 44:1 45:0 46:0 47:0 48:1 49:1 50:0 51:0 57:0 60:0 61:0',
    ),
    features: {},
  },
  '3.9': {
    apis: ranges(
      '0:11 1:17 2:9 3:12 8:9 9:9 10:6 11:9 12:4 13:5 14:5 15:5 16:5 17:1 18:4 19:7 20:6 21:2 22:5 23:4 24:5 25:4 26:4 27:1 28:4 29:3 30:3 31:3 32:4 33:2 34:2 35:4 36:2 37:3 38:3 39:2 40:2 41:3 42:2 43:2 44:1 45:0 46:0 47:0 48:1 49:1 50:0 51:0 55:2 57:1 60:1 61:0 64:0 65:0 66:1 68:0 69:0 74:0 75:0 80:0 81:0',
    ),
    features: {
      'metadata.version': { minVersion: 1, maxVersion: 21 },
      'kraft.version': { minVersion: 0, maxVersion: 1 },
    },
  },
  '4.0': {
    apis: ranges(
      '0:12 1:4-17 2:1-10 3:13 8:2-9 9:1-9 10:6 11:2-9 12:4 13:5 14:5 15:6 16:5 17:1 18:4 19:2-7 20:1-6 21:2 22:5 23:2-4 24:5 25:4 26:5 27:1-1 28:5 29:1-3 30:1-3 31:1-3 32:1-4 33:2 34:1-2 35:1-4 36:2 37:3 38:1-3 39:1-2 40:1-2 41:1-3 42:2 43:2 44:1 45:0 46:0 47:0 48:1 49:1 50:0 51:0 55:2 57:2 60:2 61:0 64:0 65:0 66:1 68:1 69:1 71:0 72:0 74:0 75:0 80:0 81:0',
    ),
    features: {
      'metadata.version': { minVersion: 7, maxVersion: 25 },
      'kraft.version': { minVersion: 0, maxVersion: 1 },
      'transaction.version': { minVersion: 0, maxVersion: 2 },
      'group.version': { minVersion: 0, maxVersion: 1 },
      'eligible.leader.replicas.version': { minVersion: 0, maxVersion: 1 },
    },
  },
  '4.4': {
    apis: ranges(
      '0:13 1:4-18 2:1-11 3:13 8:2-10 9:1-10 10:6 11:9 12:4 13:5 14:5 15:6 16:5 17:1 18:5 19:2-7 20:1-6 21:2 22:5 23:2-4 24:5 25:4 26:5 27:1-2 28:6 29:1-3 30:1-3 31:1-3 32:1-4 33:2 34:1-2 35:1-5 36:2 37:3 38:1-3 39:1-2 40:1-2 41:1-3 42:3 43:2 44:1 45:1 46:0 47:0 48:1 49:1 50:0 51:0 55:2 57:2 60:2 61:0 64:0 65:0 66:2 68:1 69:1 71:0 72:0 74:1 75:0 76:1-1 77:1-1 78:1-2 79:1-2 80:1 81:0 83:0 84:0 85:1 86:0 87:1 88:1 89:1 90:1 91:0 92:0 93:0 94:0',
    ),
    features: null,
  },
}

/** See the head of the file. */
export class Persona implements Interceptor {
  readonly #version: KafkaVersion

  /** Throws RangeError for a name that is none. */
  constructor(name: PersonaName) {
    if (!Object.hasOwn(personas, name)) {
      throw new RangeError(`persona is '${name}'; it takes ${Object.keys(personas).join(', ')}`)
    }
    this.#version = personas[name]
  }

  before(call: CallInfo): Verdict | undefined {
    const { api, apiVersion } = call
    const [min, max] = this.#version.apis.get(api.key) ?? [0, -1]
    if (apiVersion >= min && apiVersion <= max) return undefined
    if (api.key === ApiVersions.key) return { kind: 'answer', response: this.#unsupported(max) }
    return { kind: 'close', reason: `${api.name} version ${apiVersion}, which this version of Kafka does not have` }
  }

  after({ api, apiVersion }: CallInfo, response: object | null): Aftermath | undefined {
    if (api.key === ApiVersions.key && response !== null) this.#limit(response as ApiVersionsResponse, apiVersion)
    return undefined
  }

  /** What is newer than it knows, ApiVersions answers at version 0. */
  encoded({ api, apiVersion, correlationId }: CallInfo, chunks: readonly Chunk[]): readonly Chunk[] {
    if (api.key !== ApiVersions.key) return chunks
    const [, max] = this.#version.apis.get(api.key)!
    return apiVersion <= max ? chunks : encodeResponseFrame(ApiVersions, 0, correlationId, this.#unsupported(max))
  }

  #unsupported(max: number): ApiVersionsResponse {
    const apiKeys = [{ apiKey: ApiVersions.key, minVersion: 0, maxVersion: max }]
    return { errorCode: codes.UNSUPPORTED_VERSION, apiKeys, throttleTimeMs: 0 }
  }

  #limit(response: ApiVersionsResponse, apiVersion: number): void {
    const { apis, features } = this.#version
    response.apiKeys = response.apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) => {
      const range = apis.get(apiKey)
      const [min, max] = [Math.max(minVersion, range?.[0] ?? 0), Math.min(maxVersion, range?.[1] ?? -1)]
      return min > max ? [] : [{ apiKey, minVersion: min, maxVersion: max }]
    })
    if (features === null) return
    // Of a feature that it has and we have not, there is nothing to choose.
    response.supportedFeatures = (response.supportedFeatures ?? [])
      .flatMap(({ name, minVersion, maxVersion }) => {
        const level = features[name]
        return level === undefined
          ? []
          : [
              {
                name,
                minVersion: Math.min(minVersion, level.minVersion),
                maxVersion: Math.min(maxVersion, level.maxVersion),
              },
            ]
      })
      .filter(({ minVersion }) => minVersion > 0 || apiVersion >= zeroLevelsSince)
    response.finalizedFeatures = (response.finalizedFeatures ?? []).flatMap(({ name, maxVersionLevel }) => {
      const level = features[name]
      if (level === undefined) return []
      const most = Math.min(maxVersionLevel, level.maxVersion)
      return [{ name, maxVersionLevel: most, minVersionLevel: most }]
    })
  }
}

/** Earlier clients take a feature whose lowest level is 0 for a fault. */
const zeroLevelsSince = 4
