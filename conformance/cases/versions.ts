/** ApiVersions, and what a broker says to versions that it does not know. */
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import { EndTxn } from '../../protocol/messages/end-txn.ts'
import { apis } from '../../protocol/messages/index.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import type { Session } from '../session.ts'
import type { Case, Difference } from './case.ts'

/** A request in bytes, of any API at any version, without a body. */
function requestFrame(apiKey: number, version: number): Buffer {
  const frame = Buffer.alloc(4 + 2 + 2 + 4 + 2 + 1)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt16BE(version, 6)
  frame.writeInt32BE(77, 8)
  frame.writeInt16BE(-1, 12)
  return frame
}

async function unknownVersion(session: Session): Promise<void> {
  for (const version of [99, 32767]) {
    const client = await session.connect()
    client.sendRaw(requestFrame(ApiVersions.key, version))
    const answer = await client.receiveFrame()
    // Correlation id, error 35, and in the answer's oldest encoding what versions of this API there are.
    session.note('ApiVersions', version, 'unknown version', {
      correlationId: answer?.readInt32BE(0) ?? null,
      errorCode: answer?.readInt16BE(4) ?? null,
    })
    await client.close()
  }
}

async function unknownRequests(session: Session): Promise<void> {
  for (const [name, key, version] of [
    ['an API key that there is not', 200, 0],
    ['a negative API key', -1, 0],
    ['a version of Metadata that there is not', Metadata.key, 99],
    ['a version of EndTxn that there is not', EndTxn.key, 99],
    ['a negative version', ApiVersions.key, -1],
  ] as const) {
    const client = await session.connect()
    client.sendRaw(requestFrame(key, version))
    const frame = await client.receiveFrame()
    session.note('ApiVersions', 0, name, frame === null ? 'closed' : 'answered')
    await client.close()
  }
}

async function badSoftwareName(session: Session): Promise<void> {
  for (const clientSoftwareName of ['', 'with blank', '-dash', 'a'.repeat(300)]) {
    const client = await session.connect()
    const { errorCode } = await client.send(ApiVersions, 3, { clientSoftwareName, clientSoftwareVersion: '1' })
    session.note('ApiVersions', 3, `software name ${JSON.stringify(clientSoftwareName.slice(0, 12))}`, { errorCode })
    await client.close()
  }
}

const features = [
  'metadata.version',
  'kraft.version',
  'transaction.version',
  'group.version',
  'share.version',
  'streams.version',
  'eligible.leader.replicas.version',
]

/** Features that are off: `supported` from 0 to 0, and no level. */
function off(feature: string): Difference[] {
  const answer = `ApiVersions v* ${feature}`
  const reason = `**ApiVersions**: the feature ${feature} is off`
  return [
    { answer, path: 'level', ours: null, reason },
    { answer, path: 'supported[1]', ours: 0, reason },
  ]
}

/** Which versions of each API are offered, and which features there are. */
async function offered(session: Session): Promise<void> {
  for (const version of session.versions(ApiVersions)) {
    const client = await session.connect()
    const answer = await client.send(ApiVersions, version, {
      clientSoftwareName: 'conformance',
      clientSoftwareVersion: '1',
      clusterId: null,
      nodeId: -1,
    })
    await client.close()
    for (const { name, key } of apis) {
      const found = answer.apiKeys.find(({ apiKey }) => apiKey === key)
      session.note('ApiVersions', version, name, found === undefined ? null : [found.minVersion, found.maxVersion])
    }
    const { errorCode, supportedFeatures = [], finalizedFeatures = [] } = answer
    session.note('ApiVersions', version, 'error', errorCode)
    for (const feature of features) {
      const supported = supportedFeatures.find(({ name }) => name === feature)
      const finalized = finalizedFeatures.find(({ name }) => name === feature)
      session.note('ApiVersions', version, feature, {
        supported: supported && [supported.minVersion, supported.maxVersion],
        level: finalized && [finalized.minVersionLevel, finalized.maxVersionLevel],
      })
    }
  }
}

export const versionCases: readonly Case[] = [
  {
    name: 'ApiVersions: what is offered',
    run: offered,
    differs: [
      { answer: 'ApiVersions v*', path: '', ours: null, reason: '**ApiVersions** offers only what is served' },
      ...['GetTelemetrySubscriptions', 'PushTelemetry'].map(api => ({
        answer: `ApiVersions v* ${api}`,
        path: '',
        ours: [0, 0],
        reason:
          '**Client metrics** are always taken; Kafka offers that only where a metrics reporter is configured that takes them',
      })),
      {
        answer: 'ApiVersions v*',
        path: '[0]',
        ours: 0,
        reason: '**ApiVersions** offers the versions that Kafka 4 has dropped, which are served',
      },
      ...['kraft.version', 'share.version', 'streams.version'].flatMap(off),
    ],
  },
  { name: 'ApiVersions: a version of the future is answered with error 35', run: unknownVersion },
  { name: 'ApiVersions: names of client software', run: badSoftwareName },
  { name: 'ApiVersions: requests that nobody knows', run: unknownRequests },
  {
    name: 'DescribeCluster at every version',
    run: async session => {
      await session.sendAtEach(DescribeCluster, {})
      await session.sendAtEach(DescribeCluster, { includeClusterAuthorizedOperations: true }, 'with operations')
      await session.sendAtEach(DescribeCluster, { endpointType: 2 }, 'controllers')
    },
  },
]
