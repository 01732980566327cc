/**
 * Requests that are refused as a whole. The fixture holds what Apache Kafka's own classes answer for an error (`getErrorResponse`, in Kafka's
 * JSON form): 4.4.0 for the versions that it speaks, 3.9.2 for those before. Sentences are emptied in it.
 */
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { apiVersions } from '../../lib/handlers/api-versions.ts'
import { handlerTable } from '../../lib/handlers/table.ts'
import { unserved } from '../../lib/handlers/unserved.ts'
import { decode, encode } from '../../protocol/codec.ts'
import { codes, KafkaError } from '../../protocol/errors.ts'
import { toJson } from '../../protocol/json.ts'
import { apis } from '../../protocol/messages/index.ts'
import type { Api } from '../../protocol/schema.ts'
import { clusterContext } from './cluster-context.ts'

interface Vector {
  readonly api: string
  readonly version: number
  readonly code: number
  readonly request: string
  readonly response: unknown
}

const vectors: Vector[] = gunzipSync(readFileSync(new URL('../fixtures/refusals.jsonl.gz', import.meta.url)))
  .toString('utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line))

const byName = new Map(apis.map(api => [api.name as string, api as unknown as Api]))
const message = 'why it is so'

/** The answer's bytes, decoded and in Kafka's JSON form; null for none. */
function refusal({ api: name, version, code, request }: Vector): unknown {
  const api = byName.get(name)!
  const row = handlerTable.get(api.key)!
  const decoded = decode(api.request, version, Buffer.from(request, 'hex'))
  const response = row.refuse(decoded, { errorCode: code, errorMessage: message, apiVersion: version })
  return (
    response && toJson(api.response, version, decode(api.response, version, encode(api.response, version, response)))
  )
}

/** Kafka goes through hash tables in some answers, so lists are put in an order; a sentence and none are alike. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = value.map(comparable)
    return elements.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, name === 'errorMessage' ? null : comparable(member)]),
  )
}

t.test('a request that is refused as a whole is answered as Apache Kafka answers it, at each version', async t => {
  const compared = new Set<string>()
  for (const vector of vectors) {
    const [ours, theirs] = [comparable(refusal(vector)), comparable(vector.response)]
    compared.add(`${vector.api} ${vector.version}`)
    if (!isDeepStrictEqual(ours, theirs)) t.same(ours, theirs, `${vector.api} v${vector.version}, ${vector.code}`)
  }
  for (const { name, versions, latestStable } of apis as readonly Api[]) {
    for (let version = versions[0]; version <= latestStable; version++) {
      t.ok(compared.delete(`${name} ${version}`), `${name} v${version}`)
    }
  }
})

t.test('the reason stands with the code, wherever the version has a place for it', async t => {
  for (const vector of vectors) {
    const places = JSON.stringify(vector.response).match(/"errorMessage"/g)?.length ?? 0
    const told = JSON.stringify(refusal(vector)).match(new RegExp(message, 'g'))?.length ?? 0
    if (told !== places) t.equal(told, places, `${vector.api} v${vector.version}`)
  }
  t.pass(`${vectors.length} answers`)
})

t.test('every API that is declared is answered, and those that are not served are not told of', async t => {
  t.same(
    apis.map(({ name }) => name).filter(name => !handlerTable.has(byName.get(name)!.key)),
    [],
  )
  const { at } = await clusterContext(t)
  const asked = { clientSoftwareName: 'a', clientSoftwareVersion: '1', clusterId: null, nodeId: -1 }
  const told = new Set(apiVersions(asked, at(4)).apiKeys.map(({ apiKey }) => apiKey))
  t.equal(told.size + unserved.length, apis.length)
  for (const { api, handle } of unserved) {
    t.notOk(told.has(api.key), api.name)
    t.throws(
      () => handle({} as never, at(0)),
      new KafkaError(codes.UNSUPPORTED_VERSION, `${api.name} is not served by this broker`),
    )
  }
})
