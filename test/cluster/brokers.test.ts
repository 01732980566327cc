/** Whether brokers take part, as the store tells of them. */
import t from 'tap'
import { applyChanges, fenceBroker } from '../../lib/cluster/apply.ts'
import { admitBrokerChanges, registerBrokerChanges } from '../../lib/cluster/changes.ts'
import { brokerOf, type ClusterImage, emptyImage } from '../../lib/cluster/image.ts'
import type { StoredBroker } from '../../lib/cluster/stored.ts'

let revision = 0

function apply(image: ClusterImage, ...parts: Parameters<typeof applyChanges>[1][]): ClusterImage {
  return applyChanges(image, parts.flat(), ++revision).image
}

function says(id: number, state: StoredBroker['state'], epoch = 1) {
  return registerBrokerChanges(id, { state, epoch, rack: null, endpoints: [], previousEpoch: -1 })
}

function stateOf(image: ClusterImage, id: number) {
  return brokerOf(image, id)?.state
}

t.test('a broker is fenced until it can serve, and its run is admitted', async t => {
  let image = apply(emptyImage('c', 1), says(1, 'starting'))
  t.equal(stateOf(image, 1), 'fenced')
  t.equal(stateOf(apply(image, says(1, 'running')), 1), 'fenced')
  image = apply(image, admitBrokerChanges(1, 1))
  t.equal(stateOf(image, 1), 'fenced')
  image = apply(image, says(1, 'running'))
  t.equal(stateOf(image, 1), 'active')
  t.equal(stateOf(apply(image, says(1, 'running', 2)), 1), 'fenced', 'another run')
})

t.test('a broker that shuts down leads until others do, unless its run was not admitted', async t => {
  const image = apply(emptyImage('c', 1), says(1, 'running'), admitBrokerChanges(1, 1))
  t.equal(stateOf(apply(image, says(1, 'shuttingDown')), 1), 'shuttingDown')
  t.equal(stateOf(apply(image, says(1, 'shuttingDown', 2)), 1), 'fenced')
})

t.test('a broker that lost its session is fenced whatever is told of others', async t => {
  const image = apply(emptyImage('c', 1), says(1, 'running'), admitBrokerChanges(1, 1))
  const lost = fenceBroker(image, 1).image
  t.equal(stateOf(lost, 1), 'fenced')
  t.equal(stateOf(apply(lost, says(2, 'running'), admitBrokerChanges(2, 1)), 1), 'fenced')
  t.equal(stateOf(apply(lost, says(1, 'running', 2), admitBrokerChanges(1, 2)), 1), 'active')
})
