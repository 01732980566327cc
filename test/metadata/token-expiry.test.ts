/** Delegation tokens that are good no more are taken away by the controller, when it is time to look. */
import t, { type Test } from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { newToken, storedToken } from '../../lib/cluster/tokens.ts'
import { TokenExpiry } from '../../lib/metadata/token-expiry.ts'
import { clusterContext } from '../handlers/cluster-context.ts'

const intervalMs = 1_000

async function world(t: Test, nodeId: number) {
  const { cluster, clock } = await clusterContext(t)
  const expiry = new TokenExpiry({ cluster, nodeId, clock, intervalMs, logger: silentLogger })
  t.teardown(() => expiry.close())
  const make = (tokenId: string, lifetimeMs: number) => {
    const made = { tokenId, owner: 'User:alice', requester: 'User:alice', renewers: [] }
    const rules = { maxLifetimeMs: 1e6, expiryTimeMs: 1e6 }
    const changes = [storedToken(newToken(made, lifetimeMs, rules, clock.now()))]
    return cluster.changeBy(() => ({ changes, result: undefined }))
  }
  const pass = async (ms: number) => {
    await clock.advance(ms)
    await expiry.settled()
  }
  const ids = () => [...cluster.image.tokens.values()].map(({ tokenId }) => tokenId)
  return { expiry, clock, ids, make, pass }
}

t.test('the controller takes them away at each interval, and leaves the others', async t => {
  const { ids, make, pass } = await world(t, 1)
  await make('brief', 100)
  await make('long', 1_500)
  await pass(999)
  t.same(ids().sort(), ['brief', 'long'])
  await pass(1)
  t.same(ids(), ['long'])
  await pass(1_000)
  t.same(ids(), [])
  await make('later', 100)
  await pass(1_000)
  t.same(ids(), [])
})

t.test('other brokers leave it to the controller', async t => {
  const { ids, make, pass } = await world(t, 2)
  await make('brief', 100)
  await pass(5_000)
  t.same(ids(), ['brief'])
})
