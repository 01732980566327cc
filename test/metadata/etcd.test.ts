/** The store in etcd: the contract, and what is its own. */
import t, { type Test } from 'tap'
import type { MetadataStore, Session } from '../../lib/metadata/store.ts'
import { storeContract } from './contract.ts'
import { EtcdCluster, etcdMissing, post } from './etcd-server.ts'
import { storeAt } from './etcd-store.ts'

let stores = 0

t.test('a store in etcd', { skip: etcdMissing }, async t => {
  const cluster = await EtcdCluster.start(t)
  const { url } = cluster.members[0]!
  const make = async (t: Test): Promise<MetadataStore> => {
    const store = storeAt(cluster.address(`contract-${++stores}`))
    t.teardown(() => store.close())
    return store
  }
  const expire = async (session: Session) => {
    await post(url, '/v3/lease/revoke', { ID: session.id })
  }
  await t.test('keeps the contract', async t => {
    storeContract(t, { make, expire, forget: store => store.compact(0) })
  })
})
