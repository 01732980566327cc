/**
 * Which peers are on a network of this machine, as the other containers of a bridge network are. What a container engine lets in
 * through a published port comes from the network's gateway, from elsewhere, or from the machine's own address.
 */
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** The networks that a machine is directly on. */
export interface Surroundings {
  /** An address of this machine with the length of its network's prefix each, such as 172.17.0.2/16. */
  readonly subnets: readonly string[]
  /** Where what is on none of those networks is sent. */
  readonly gateways: readonly string[]
}

/** Tells whether a peer is on a network of this machine and is neither a gateway nor this machine by an address of its network. */
export class Neighbours {
  readonly #look: () => Surroundings
  #subnets = new BlockList()
  #gateways: ReadonlySet<string> = new Set()

  /** `look` is called once an address of this machine is met that is not known yet: networks can be added to a container that runs. */
  constructor(look: () => Surroundings) {
    this.#look = look
  }

  /** `own` is the address of this machine that the peer reached. */
  has(peer: string, own: string): boolean {
    if (!within(this.#subnets, own)) this.#lookAgain()
    if (peer === own) return within(loopback, peer)
    return within(this.#subnets, peer) && !this.#gateways.has(peer)
  }

  #lookAgain(): void {
    const { subnets, gateways } = this.#look()
    this.#subnets = new BlockList()
    this.#gateways = new Set(gateways)
    for (const subnet of subnets) {
      const [address = '', prefix] = subnet.split('/')
      if (isIP(address) !== 0) this.#subnets.addSubnet(address, Number(prefix), familyOf(address))
    }
  }
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

function within(list: BlockList, text: string): boolean {
  // A link-local address has the name of its interface behind a percent sign.
  const address = text.split('%', 1)[0]!
  return isIP(address) !== 0 && list.check(address, familyOf(address))
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** Reads a text file of the system; null where it is not there. */
export type ReadText = (path: string) => string | null

/** This machine's. Gateways are known on Linux alone, which is what containers run on. */
export function systemSurroundings(readText: ReadText): Surroundings {
  const addresses = Object.values(networkInterfaces()).flatMap(all => all ?? [])
  return {
    subnets: addresses.flatMap(({ cidr }) => cidr ?? []),
    gateways: [
      ...gatewaysOf(readText('/proc/net/route') ?? ''),
      ...sixGatewaysOf(readText('/proc/net/ipv6_route') ?? ''),
    ],
  }
}

/** The gateways of Linux's IPv4 routes, as /proc/net/route has them: hexadecimal, the bytes of an address from last to first. */
export function gatewaysOf(routes: string): string[] {
  return addressesOf(routes, 2, /^[0-9A-F]{8}$/i, hex =>
    [6, 4, 2, 0].map(at => Number.parseInt(hex.slice(at, at + 2), 16)).join('.'),
  )
}

/** The same of IPv6, as /proc/net/ipv6_route has them: 32 hexadecimal digits. Compressed as sockets report addresses. */
export function sixGatewaysOf(routes: string): string[] {
  return addressesOf(routes, 4, /^[0-9a-f]{32}$/i, hex => {
    const groups = hex.match(/.{4}/g)!.join(':')
    return new URL(`http://[${groups}]/`).hostname.slice(1, -1)
  })
}

function addressesOf(routes: string, column: number, form: RegExp, print: (hex: string) => string): string[] {
  const gateways = routes
    .split('\n')
    .map(line => line.trim().split(/\s+/)[column] ?? '')
    .filter(hex => form.test(hex) && !/^0+$/.test(hex))
  return [...new Set(gateways.map(print))]
}
