/** ApiVersions, and what a broker says to versions that it does not know. */
import { ApiVersions } from '../../protocol/messages/api-versions.ts'
import { DescribeCluster } from '../../protocol/messages/describe-cluster.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'

/** An ApiVersions request in bytes, at any version. */
function apiVersionsFrame(version: number): Buffer {
  const frame = Buffer.alloc(4 + 2 + 2 + 4 + 2 + 1)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(18, 4)
  frame.writeInt16BE(version, 6)
  frame.writeInt32BE(77, 8)
  frame.writeInt16BE(-1, 12)
  return frame
}

async function unknownVersion(session: Session): Promise<void> {
  for (const version of [99, 32767]) {
    const client = await session.connect()
    client.sendRaw(apiVersionsFrame(version))
    const answer = await client.receiveFrame()
    // Correlation id, error 35, and in the answer's oldest encoding what versions of this API there are.
    session.note('ApiVersions', version, 'unknown version', {
      correlationId: answer?.readInt32BE(0) ?? null,
      errorCode: answer?.readInt16BE(4) ?? null,
    })
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

export const versionCases: readonly Case[] = [
  { name: 'ApiVersions: a version of the future is answered with error 35', run: unknownVersion },
  { name: 'ApiVersions: names of client software', run: badSoftwareName },
  {
    name: 'DescribeCluster at every version',
    run: async session => {
      await session.sendAtEach(DescribeCluster, {})
      await session.sendAtEach(DescribeCluster, { includeClusterAuthorizedOperations: true }, 'with operations')
      await session.sendAtEach(DescribeCluster, { endpointType: 2 }, 'controllers')
    },
  },
]
