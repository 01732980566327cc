/** Who is on a network of this machine, and who comes from outside. */
import t from 'tap'
import { gatewaysOf, Neighbours, type Surroundings, sixGatewaysOf } from '../../lib/network/neighbours.ts'

/** A container on two networks, as a compose file with two makes it. */
const container: Surroundings = {
  subnets: ['127.0.0.1/8', '172.17.0.2/16', '10.89.1.7/24', '::1/128', 'fd00:89::7/64', 'fe80::42/64'],
  gateways: ['172.17.0.1', 'fd00:89::1'],
}

const rows: readonly [name: string, peer: string, own: string, neighbour: boolean][] = [
  ['another container', '172.17.0.9', '172.17.0.2', true],
  ['another container at the far end of the network', '172.17.255.254', '172.17.0.2', true],
  ['another container of the other network', '10.89.1.200', '10.89.1.7', true],
  ['one beyond the end of that network', '10.89.2.1', '10.89.1.7', false],
  ['the gateway of the bridge, by which published ports come', '172.17.0.1', '172.17.0.2', false],
  ['another machine, whose address a published port keeps', '192.168.1.20', '172.17.0.2', false],
  ['the virtual machine of a desktop engine', '192.168.65.1', '172.17.0.2', false],
  ['a process of the container itself, by loopback', '127.0.0.1', '127.0.0.1', true],
  ['the same by IPv6', '::1', '::1', true],
  ["the container's own address, as engines without root publish ports", '10.0.2.100', '10.0.2.100', false],
  ["the container's own address on a known network", '172.17.0.2', '172.17.0.2', false],
  ['another container by IPv6', 'fd00:89::9', 'fd00:89::7', true],
  ['the gateway by IPv6', 'fd00:89::1', 'fd00:89::7', false],
  ['elsewhere by IPv6', '2001:db8::5', 'fd00:89::7', false],
  ['a link-local peer, whose address names the interface', 'fe80::9%eth0', 'fe80::42%eth0', true],
  ['what is no address', 'client-1', 'broker-1', false],
  ['a peer that has gone already', '', '172.17.0.2', false],
]

for (const [name, peer, own, neighbour] of rows) {
  t.test(`${name}: ${neighbour ? 'a neighbour' : 'from outside'}`, async t => {
    t.equal(new Neighbours(() => container).has(peer, own), neighbour)
  })
}

t.test('networks are looked at again when a client reached an address that was not there', async t => {
  let looks = 0
  let now: Surroundings = { subnets: ['10.0.0.2/24'], gateways: [] }
  const neighbours = new Neighbours(() => {
    looks++
    return now
  })
  t.ok(neighbours.has('10.0.0.3', '10.0.0.2'))
  t.ok(neighbours.has('10.0.0.4', '10.0.0.2'))
  t.equal(looks, 1)
  now = { subnets: ['10.0.0.2/24', '10.0.5.2/24'], gateways: ['10.0.5.1'] }
  t.ok(neighbours.has('10.0.5.3', '10.0.5.2'))
  t.notOk(neighbours.has('10.0.5.1', '10.0.5.2'))
  t.equal(looks, 2)
})

t.test("gateways are read from Linux's tables of routes", async t => {
  const four = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth1\t00000000\tFE01590A\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    '',
  ].join('\n')
  t.same(gatewaysOf(four), ['172.17.0.1', '10.89.1.254'])
  const zero = '0'.repeat(32)
  const six = [
    `fd000089000000000000000000000000 40 ${zero} 00 ${zero} 00000100 00000001 00000000 00000001     eth0`,
    `${zero} 00 ${zero} 00 fd000089000000000000000000000001 00000400 00000002 00000000 00000003     eth0`,
    '',
  ].join('\n')
  t.same(sixGatewaysOf(six), ['fd00:89::1'])
  t.same(gatewaysOf(''), [])
  t.same(sixGatewaysOf('no table'), [])
})
