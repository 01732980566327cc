/** Whether brokers take part, as the store tells of them. */
import t from 'tap'
import { applyChanges, fenceBroker } from '../../lib/cluster/apply.ts'
import { admitBrokerChanges, forgetBrokerChanges, registerBrokerChanges } from '../../lib/cluster/changes.ts'
import { brokerOf, type ClusterImage, emptyImage, placesOf } from '../../lib/cluster/image.ts'
import { admittedKey, brokerKey, type StoredBroker } from '../../lib/cluster/stored.ts'

let revision = 0

function apply(image: ClusterImage, ...parts: Parameters<typeof applyChanges>[1][]): ClusterImage {
  return applyChanges(image, parts.flat(), ++revision).image
}

function says(id: number, state: StoredBroker['state'], epoch = 1) {
  return registerBrokerChanges(id, { state, epoch, rack: null, endpoints: [], previousEpoch: -1 })
}

function admits(id: number, epoch = 1, rack: string | null = null) {
  return admitBrokerChanges({ id, epoch, rack })
}

function stateOf(image: ClusterImage, id: number) {
  return brokerOf(image, id)?.state
}

t.test('a broker is fenced until it can serve, and its run is admitted', async t => {
  let image = apply(emptyImage('c', 1), says(1, 'starting'))
  t.equal(stateOf(image, 1), 'fenced')
  t.equal(stateOf(apply(image, says(1, 'running')), 1), 'fenced')
  image = apply(image, admits(1, 1))
  t.equal(stateOf(image, 1), 'fenced')
  image = apply(image, says(1, 'running'))
  t.equal(stateOf(image, 1), 'active')
  t.equal(stateOf(apply(image, says(1, 'running', 2)), 1), 'fenced', 'another run')
})

t.test('a broker that shuts down leads until others do, unless its run was not admitted', async t => {
  const image = apply(emptyImage('c', 1), says(1, 'running'), admits(1, 1))
  t.equal(stateOf(apply(image, says(1, 'shuttingDown')), 1), 'shuttingDown')
  t.equal(stateOf(apply(image, says(1, 'shuttingDown', 2)), 1), 'fenced')
})

t.test('a broker that lost its session is fenced whatever is told of others', async t => {
  const image = apply(emptyImage('c', 1), says(1, 'running'), admits(1, 1))
  const lost = fenceBroker(image, 1).image
  t.equal(stateOf(lost, 1), 'fenced')
  t.equal(stateOf(apply(lost, says(2, 'running'), admits(2, 1)), 1), 'fenced')
  t.equal(stateOf(apply(lost, says(1, 'running', 2), admits(1, 2)), 1), 'active')
})

t.test('a broker that is away may be given replicas in its rack, until it is unregistered', async t => {
  const away = { key: brokerKey(2), value: null }
  let image = apply(emptyImage('c', 1), says(1, 'running'), admits(1), says(2, 'running'), admits(2, 1, 'b'))
  t.same(placesOf(image), [
    { id: 1, rack: null, isActive: true },
    { id: 2, rack: null, isActive: true },
  ])
  image = apply(image, [away])
  t.same(placesOf(image), [
    { id: 1, rack: null, isActive: true },
    { id: 2, rack: 'b', isActive: false },
  ])
  t.equal(placesOf(apply(image, says(2, 'starting', 2)))[1]!.isActive, false, 'while it starts')
  t.same(placesOf(apply(image, forgetBrokerChanges(2))), [{ id: 1, rack: null, isActive: true }])
})

t.test('what earlier builds kept of a broker says nothing of its rack', async t => {
  const image = apply(emptyImage('c', 1), [{ key: admittedKey(2), value: '{"epoch":3}' }])
  t.same(placesOf(image), [{ id: 2, rack: null, isActive: false }])
})
