/** No request of an API that Apache Kafka offers ends the connection, whether we serve it or not. */
import { apis } from '../../protocol/messages/index.ts'
import type { Api } from '../../protocol/schema.ts'
import { type Session, wholeRequest } from '../session.ts'
import type { Case } from './case.ts'

const filter = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }

/** Of all others every field is left at its default. */
const requests: Readonly<Record<string, object>> = {
  Produce: { acks: 1 },
  // Kafka never answers a list of no transactions.
  AddPartitionsToTxn: { transactions: [{ transactionalId: 'nobody', topics: [{ name: 'nothing', partitions: [0] }] }] },
  DescribeAcls: filter,
  DeleteAcls: { filters: [filter] },
}

async function everyApi(session: Session): Promise<void> {
  for (const api of apis as readonly Api[]) {
    for (const version of session.versions(api)) {
      const client = await session.connect()
      const outcome = await client.send(api, version, wholeRequest(api, requests[api.name] ?? {})).then(
        () => 'answered',
        () => 'closed',
      )
      session.note(api.name, version, 'is answered', outcome)
      await client.close()
    }
  }
}

export const everyApiCases: readonly Case[] = [{ name: 'every API is answered', run: everyApi }]
