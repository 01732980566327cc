/**
 * Clients in other languages: each produces with every codec that it has, and reads it all in a group of three of which one
 * member is killed. Every record must be seen. Transactional producers commit, abort, and come too late.
 */
import assert from 'node:assert/strict'
import { Client } from '../kafkajs/kafka.ts'
import { startOwnBroker } from '../own-broker.ts'
import { runScenarios, type Scenario, until } from '../scenario.ts'
import type { ClientUnderTest, Member } from './client.ts'
import { kcat, kcatScenarios } from './kcat.ts'
import { loginScenarios } from './logins.ts'
import { pythonClients } from './python.ts'
import { securedScenarios } from './secured.ts'
import { transactionalClients, transactionScenarios } from './transactions.ts'

/** Six partitions: two for each member of three, three for each of two. */
const partitions = 6
const recordsPerCodec = 300

/** Ours looks for transactions whose time is over more often than every ten seconds. */
const impatience = 'transaction.abort.timed.out.transaction.cleanup.interval.ms=500'
const ownArgs = ['--dev', '--ephemeral', '--port', '0', '--set', impatience]

/** Answers how many scenarios failed. Words as the rest of the command line choose clients by their names. */
export async function clients(options: { bootstrap: string | undefined; rest: readonly string[] }): Promise<number> {
  const own = options.bootstrap === undefined ? await startOwnBroker(ownArgs) : undefined
  const bootstrap = options.bootstrap ?? own!.bootstrap
  const names = new Client(bootstrap)
  try {
    const chosen = [kcat, ...pythonClients()].filter(
      ({ name }) => options.rest.length === 0 || options.rest.includes(name),
    )
    const scenarios: Scenario[] = chosen.map(client => ({
      name: `${client.name}: every codec, a group of three, one member killed`,
      run: () => groupOfThree(client, names),
      ...(client.missing === null ? {} : { skipped: client.missing }),
    }))
    if (own !== undefined && chosen.some(({ name }) => name === 'confluent-kafka')) scenarios.push(...loginScenarios())
    if (chosen.includes(kcat)) scenarios.push(...kcatScenarios(bootstrap, count => names.topic('kcat', count)))
    const transactional = transactionalClients().filter(
      ({ name }) => options.rest.length === 0 || options.rest.includes(name) || options.rest.includes('transactions'),
    )
    scenarios.push(...transactionScenarios(bootstrap, transactional))
    // Whose certificates are these: only a broker of our own is known well enough.
    if (own !== undefined) {
      scenarios.push(
        ...securedScenarios(name =>
          [name, 'tls'].some(word => options.rest.length === 0 || options.rest.includes(word)),
        ),
      )
    }
    return await runScenarios(`clients against ${bootstrap}`, scenarios)
  } finally {
    await names.close()
    await own?.stop()
  }
}

async function groupOfThree(client: ClientUnderTest, names: Client): Promise<string> {
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
  await until(`all ${count} records`, () => (seenNow().size >= count ? true : undefined), 40_000).catch(error => {
    const seen = seenNow()
    const lost = Array.from({ length: count }, (_, i) => i).filter(n => !seen.has(n))
    throw new Error(`${error.message}; ${lost.length} are missing, first ${lost[0]}`)
  })
  const seen = seenNow()
  assert.equal(seen.size, count, 'nothing is seen that was not produced')
}
