/** Addresses of clients, and the ranges of them that access rules may name as hosts, such as 10.0.0.0/8 (KIP-1276). */

/** 32 bits of IPv4 as a number, signed so that the runtime makes no object of it, or 128 bits of IPv6. */
export type Address = number | bigint

/** All addresses of one kind whose first bits are these. */
export interface AddressRange {
  readonly isV6: boolean
  readonly bits: number
  /** Those bits, and nothing behind them. */
  readonly network: Address
}

/** What of an address a range of so many bits looks at. */
export function networkOf(address: Address, bits: number): Address {
  if (typeof address === 'bigint') return address >> BigInt(128 - bits)
  return bits === 0 ? 0 : address >> (32 - bits)
}

/** Null for what is no address. */
export function addressOf(text: string): Address | null {
  return text.includes(':') ? ipv6Of(text) : ipv4Of(text)
}

/** The range that a host with a slash stands for, or what is wrong with it in Kafka's words. */
export function rangeOf(host: string): AddressRange | string {
  if (!host.includes(':')) {
    const parts = /^((?:\d{1,3}\.){3}\d{1,3})\/(\d{1,2})$/.exec(host)
    if (parts === null) return `Could not parse [${host}]`
    const [octets, bits] = [parts[1]!.split('.').map(Number), Number(parts[2])]
    const tooGreat = octets.find(octet => octet > 255)
    if (tooGreat !== undefined) return `Value [${tooGreat}] not in range [0,255]`
    if (bits > 32) return `Value [${bits}] not in range [0,32]`
    return { isV6: false, bits, network: networkOf(ipv4Of(parts[1]!)!, bits) }
  }
  const slash = host.indexOf('/')
  const [text, length] = [host.slice(0, slash), host.slice(slash + 1)]
  const bits = Number(length)
  if (!/^[+-]?\d+$/.test(length) || bits !== (bits | 0)) return `Could not parse [${host}] - invalid prefix length`
  if (bits < 0 || bits > 128) return `Could not parse [${host}] - prefix length must be between 0 and 128`
  const address = ipv6Of(/^\[.*\]$/.test(text) ? text.slice(1, -1) : text)
  if (address === null) return `Could not parse [${text}]`
  // Java takes an IPv4 address in the form of IPv6 for the former.
  if (address >> 32n === 0xffffn) return `Could not parse [${text}] - not an IPv6 address`
  return { isV6: true, bits, network: networkOf(address, bits) }
}

function ipv4Of(text: string): number | null {
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return null
  let address = 0
  for (const octet of text.split('.').map(Number)) {
    if (octet > 255) return null
    address = (address << 8) | octet
  }
  return address
}

/** A scope behind a percent sign does not count. */
function ipv6Of(text: string): bigint | null {
  const [address, scope] = text.split('%') as [string, string?]
  if (scope === '') return null
  const halves = address.split('::')
  if (halves.length > 2) return null
  const [first, last] = halves.map((half, at) => groupsOf(half, at === halves.length - 1))
  if (!first || last === null) return null
  const count = first.length + (last?.length ?? 0)
  if (last === undefined ? count !== 8 : count > 7) return null
  const all = [...first, ...new Array<number>(8 - count).fill(0), ...(last ?? [])]
  return all.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
}

/** 16 bits each; the last of all may be an IPv4 address. */
function groupsOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    if (mayEndInIpv4 && at === parts.length - 1 && part.includes('.')) {
      const address = ipv4Of(part)
      if (address === null) return null
      groups.push(address >>> 16, address & 0xffff)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}
