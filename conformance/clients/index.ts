/**
 * Clients in other languages: each produces with every codec that it has, and reads it all in a group of three of which one
 * member is killed. Every record must be seen. Transactional producers commit, abort, and come too late.
 */
import assert from 'node:assert/strict'
import { Client as ProtocolClient } from '../../lib/client/client.ts'
import { ListGroups } from '../../protocol/messages/list-groups.ts'
import { Client } from '../kafkajs/kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import { runScenarios, type Scenario, until } from '../scenario.ts'
import { adminScenarios } from './admin.ts'
import type { ClientUnderTest, Member } from './client.ts'
import { kcat, kcatScenarios } from './kcat.ts'
import { lagScenarios } from './lag.ts'
import { loginScenarios } from './logins.ts'
import { newProtocolClients, pythonClients } from './python.ts'
import { securedScenarios } from './secured.ts'
import { transactionalClients, transactionScenarios } from './transactions.ts'
import { wayScenarios } from './ways.ts'

/** Six partitions: two for each member of three, three for each of two. */
const partitions = 6
const recordsPerCodec = 300
/** More than the 45 s after which a killed member is gone where a broker has Kafka's settings. */
const seenMsMax = 75_000

/** Ours looks for transactions whose time is over more often than every ten seconds. */
const impatience = 'transaction.abort.timed.out.transaction.cleanup.interval.ms=500'
/** Of the new group protocol, where the broker sets them for all. */
const hurry = [
  'group.consumer.min.session.timeout.ms=1000',
  'group.consumer.session.timeout.ms=6000',
  'group.consumer.min.heartbeat.interval.ms=100',
  'group.consumer.heartbeat.interval.ms=500',
]
const ownArgs = ['--dev', '--ephemeral', '--port', '0', '--set', impatience, ...hurry]

/** Answers how many scenarios failed. Words as the rest of the command line choose clients by their names. */
export async function clients(options: {
  bootstrap: string | undefined
  record: boolean
  rest: readonly string[]
}): Promise<number> {
  const own = options.bootstrap === undefined ? await startOwnBroker(ownArgs) : undefined
  const bootstrap = options.bootstrap ?? own!.bootstrap
  const names = new Client(bootstrap)
  try {
    const chosen = [kcat, ...pythonClients()].filter(
      ({ name }) => options.rest.length === 0 || options.rest.includes(name),
    )
    const scenarios: Scenario[] = chosen.map(client => ({
      name: `${client.name}: every codec, a group of three, one member killed`,
      msMax: 2 * seenMsMax,
      run: () => groupOfThree(client, names),
      ...(client.missing === null ? {} : { skipped: client.missing }),
    }))
    for (const client of newProtocolClients()) {
      if (options.rest.length > 0 && !options.rest.includes(client.name) && !options.rest.includes('kip-848')) continue
      scenarios.push({
        name: `${client.name}, consumer protocol: every codec, a group of three, one member killed`,
        msMax: 2 * seenMsMax,
        run: () => groupOfThree(client, names, 'consumer'),
        ...(client.missing === null ? {} : { skipped: client.missing }),
      })
    }
    if (own !== undefined && chosen.some(({ name }) => name === 'confluent-kafka')) scenarios.push(...loginScenarios())
    if (chosen.includes(kcat)) scenarios.push(...kcatScenarios(bootstrap, count => names.topic('kcat', count)))
    const transactional = transactionalClients().filter(
      ({ name }) => options.rest.length === 0 || options.rest.includes(name) || options.rest.includes('transactions'),
    )
    scenarios.push(...transactionScenarios(bootstrap, transactional))
    if (options.rest.length === 0 || options.rest.includes('admin')) {
      scenarios.push(...adminScenarios(bootstrap, options.record))
    }
    // Whose certificates are these: only a broker of our own is known well enough.
    if (own !== undefined) {
      scenarios.push(
        ...securedScenarios(name =>
          [name, 'tls'].some(word => options.rest.length === 0 || options.rest.includes(word)),
        ),
        ...lagScenarios(name => [name, 'lag'].some(word => options.rest.length === 0 || options.rest.includes(word))),
        ...wayScenarios(name => [name, 'ways'].some(word => options.rest.length === 0 || options.rest.includes(word))),
      )
    }
    return await runScenarios(`clients against ${bootstrap}`, scenarios)
  } finally {
    await names.close()
    await own?.stop()
  }
}

async function groupOfThree(client: ClientUnderTest, names: Client, type = 'classic'): Promise<string> {
  const topic = await names.topic(client.name, partitions)
  const group = names.name('group')
  const members: Member[] = []
  try {
    let produced = await produceWithEach(client, names.bootstrap, topic, 0)
    for (let i = 0; i < 3; i++) members.push(client.consume(names.bootstrap, topic, group))
    await until('three members with two partitions each', () => {
      const dead = members.find(member => member.ended)
      if (dead !== undefined)
        throw new Error(`a member ended by itself: ${dead.errors.trim().split('\n').slice(-3).join(' | ')}`)
      return members.every(member => member.assigned === partitions / 3) ? true : undefined
    })
    await allSeen(members, produced)
    // A client that cannot, or was asked in vain, would quietly use the other protocol.
    assert.equal(await typeOf(names.bootstrap, group), type)
    members[0]!.kill()
    const killedAt = performance.now()
    produced = await produceWithEach(client, names.bootstrap, topic, produced)
    await allSeen(members, produced)
    const all = members.reduce((sum, member) => sum + member.seen.length, 0)
    const takenOverMs = performance.now() - killedAt
    return `${client.codecs.length} codecs, ${produced} records, ${all - produced} seen twice, all ${(takenOverMs / 1000).toFixed(1)} s after the kill`
  } finally {
    for (const member of members) member.kill()
  }
}

async function typeOf(bootstrap: string, groupId: string): Promise<string | undefined> {
  const [host, port] = bootstrap.split(':') as [string, string]
  const client = await ProtocolClient.connect({ host, port: Number(port), clientId: 'conformance', timeoutMs: 10_000 })
  const { groups } = await client.send(ListGroups, 5, { statesFilter: [], typesFilter: [] })
  await client.close()
  return groups.find(group => group.groupId === groupId)?.groupType
}

async function produceWithEach(
  client: ClientUnderTest,
  bootstrap: string,
  topic: string,
  first: number,
): Promise<number> {
  for (const codec of client.codecs) {
    await client.produce(bootstrap, topic, codec, first, recordsPerCodec)
    first += recordsPerCodec
  }
  return first
}

async function allSeen(members: readonly Member[], count: number): Promise<void> {
  const seenNow = () => new Set(members.flatMap(member => member.seen))
  await until(`all ${count} records`, () => (seenNow().size >= count ? true : undefined), seenMsMax).catch(error => {
    const seen = seenNow()
    const lost = Array.from({ length: count }, (_, i) => i).filter(n => !seen.has(n))
    throw new Error(`${error.message}; ${lost.length} are missing, first ${lost[0]}`)
  })
  const seen = seenNow()
  assert.equal(seen.size, count, 'nothing is seen that was not produced')
}
