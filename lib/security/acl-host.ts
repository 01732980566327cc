/** A client's address as access rules have it: as text in the way in which Java prints addresses, and as bits for ranges. */
import { type Address, addressOf } from '../cluster/address-ranges.ts'

interface Client {
  readonly remoteAddress: string
}

const hosts = new WeakMap<Client, string>()
const addresses = new WeakMap<Client, Address | null>()

/** Made once for each client. */
export function hostOf(client: Client): string {
  const { remoteAddress } = client
  if (!remoteAddress.includes(':')) return remoteAddress
  let host = hosts.get(client)
  if (host === undefined) {
    host = javaAddress(remoteAddress)
    hosts.set(client, host)
  }
  return host
}

/** Made once for each client; null where a network gives its clients no such addresses. */
export function addressOfClient(client: Client): Address | null {
  let address = addresses.get(client)
  if (address === undefined) {
    address = addressOf(client.remoteAddress)
    addresses.set(client, address)
  }
  return address
}

/** All eight groups of an IPv6 address, without leading zeros; `::1` is 0:0:0:0:0:0:0:1. A scope stays behind it. */
export function javaAddress(text: string): string {
  const address = addressOf(text)
  if (typeof address !== 'bigint') return text
  const groups = Array.from({ length: 8 }, (_, at) => ((address >> BigInt(112 - 16 * at)) & 0xffffn).toString(16))
  const scope = text.indexOf('%')
  return groups.join(':') + (scope < 0 ? '' : text.slice(scope))
}
