/** Which quota a client is held to, and with whom it shares it: the order is Kafka's (KIP-546). Pure. */
import { type Quotas, quotaKey } from '../cluster/quotas.ts'

/** A quota, and the key of all who share it. */
export interface Bound {
  readonly perSecond: number
  readonly sharedBy: string
}

type Name = string | null
type Candidate = readonly [user: Name | undefined, clientId: Name | undefined]

/** The quota of one kind for a client; null where there is none. Null stands for a default, undefined for what an entity does not name. */
export function boundOf(quotas: Quotas, kind: string, user: string, clientId: string): Bound | null {
  const candidates: readonly Candidate[] = [
    [user, clientId],
    [user, null],
    [user, undefined],
    [null, clientId],
    [null, null],
    [null, undefined],
    [undefined, clientId],
    [undefined, null],
  ]
  for (const [ofUser, ofClient] of candidates) {
    const perSecond = quotaOf(quotas, kind, ofUser, ofClient)
    if (perSecond === undefined) continue
    // Who has a default has one of its own.
    const shared = [ofUser === undefined ? '' : user, ofClient === undefined ? '' : clientId]
    return { perSecond, sharedBy: JSON.stringify([kind, ofUser !== undefined, ...shared]) }
  }
  return null
}

/** The quota of connections from an address. */
export function boundOfAddress(quotas: Quotas, kind: string, address: string): Bound | null {
  const names = address === '127.0.0.1' || address === '::1' ? [address, 'localhost', null] : [address, null]
  for (const name of names) {
    const perSecond = quotas.get(quotaKey([['ip', name]]))?.values.get(kind)
    if (perSecond !== undefined) return { perSecond, sharedBy: JSON.stringify([kind, address]) }
  }
  return null
}

function quotaOf(quotas: Quotas, kind: string, user: Name | undefined, clientId: Name | undefined): number | undefined {
  const entity: (readonly [string, Name])[] = []
  if (clientId !== undefined) entity.push(['client-id', clientId])
  if (user !== undefined) entity.push(['user', user])
  return quotas.get(quotaKey(entity))?.values.get(kind)
}
