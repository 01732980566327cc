/** ApiVersions: what is advertised, and to whom. */
import t from 'tap'
import { apiVersions, apiVersionsAnswer } from '../../lib/handlers/api-versions.ts'
import { handlers } from '../../lib/handlers/index.ts'
import { codes } from '../../protocol/errors.ts'
import { ApiVersions, type ApiVersionsRequest } from '../../protocol/messages/api-versions.ts'
import { clusterContext, encodable } from './cluster-context.ts'

function asking(fields: Partial<ApiVersionsRequest> = {}): ApiVersionsRequest {
  return { clientSoftwareName: 'kafkajs', clientSoftwareVersion: '2.2.4', clusterId: null, nodeId: -1, ...fields }
}

t.test('what is advertised is what is answered, from the oldest version on', async t => {
  const { at } = await clusterContext(t)
  const answer = apiVersions(asking(), at(4))
  t.equal(answer.errorCode, 0)
  t.same(
    new Map(answer.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]])),
    new Map(handlers.map(({ api }) => [api.key, [api.versions[0], api.latestStable]])),
  )
  t.match(
    answer.apiKeys.find(({ apiKey }) => apiKey === 0),
    { minVersion: 0, maxVersion: 13 },
  )
  encodable(t, ApiVersions, answer)
})

t.test('keys are told in order, with the versions that are handed in', t => {
  const apis = [
    { key: 18, min: 0, max: 5 },
    { key: 3, min: 0, max: 13 },
  ]
  const { apiKeys } = apiVersionsAnswer(apis, { apiVersion: 0, featuresEpoch: 1, featureLevels: new Map() })
  t.same(apiKeys, [
    { apiKey: 3, minVersion: 0, maxVersion: 13 },
    { apiKey: 18, minVersion: 0, maxVersion: 5 },
  ])
  t.end()
})

t.test(
  'features are told with their levels; those that are off are not finalized, and hidden from clients that would stumble',
  t => {
    const v3 = apiVersionsAnswer([], { apiVersion: 3, featuresEpoch: 9, featureLevels: new Map() })
    t.same(
      v3.supportedFeatures?.map(({ name }) => name),
      ['metadata.version'],
    )
    t.equal(v3.finalizedFeaturesEpoch, 9)
    t.same(v3.finalizedFeatures, [
      { name: 'metadata.version', maxVersionLevel: 33, minVersionLevel: 33 },
      { name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 },
      { name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 },
    ])
    const v4 = apiVersionsAnswer([], { apiVersion: 4, featuresEpoch: 9, featureLevels: new Map() })
    t.match(
      v4.supportedFeatures?.find(({ name }) => name === 'share.version'),
      { minVersion: 0, maxVersion: 0 },
    )
    t.end()
  },
)

t.test('a client tells its software from version 3 on, and is refused where that is no name', async t => {
  const { at, connection } = await clusterContext(t)
  apiVersions(asking({ clientSoftwareName: '', clientSoftwareVersion: '' }), at(2))
  t.equal(connection.clientSoftwareName, 'unknown')
  apiVersions(asking(), at(3))
  t.equal(connection.clientSoftwareName, 'kafkajs')
  t.equal(connection.clientSoftwareVersion, '2.2.4')
  for (const name of ['', ' ', '-a', 'a-', 'a b', 'a_b']) {
    const answer = apiVersions(asking({ clientSoftwareName: name }), at(3))
    t.equal(answer.errorCode, codes.INVALID_REQUEST, name)
    encodable(t, ApiVersions, answer)
  }
})

t.test('a client that took this broker for another is told to look for it again, from version 5 on', async t => {
  const { at } = await clusterContext(t)
  const code = (fields: Partial<ApiVersionsRequest>, version: number) =>
    apiVersions(asking(fields), at(version)).errorCode
  t.equal(code({ clusterId: 'cluster-a', nodeId: 1 }, 5), 0)
  t.equal(code({ clusterId: 'cluster-a', nodeId: 2 }, 5), codes.REBOOTSTRAP_REQUIRED)
  t.equal(code({ clusterId: 'another', nodeId: 1 }, 5), codes.REBOOTSTRAP_REQUIRED)
  t.equal(code({ clusterId: null, nodeId: 2 }, 5), codes.INVALID_REQUEST)
  t.equal(code({ clusterId: null, nodeId: -1 }, 5), 0)
  t.equal(code({ clusterId: 'another', nodeId: 1 }, 4), 0)
})
