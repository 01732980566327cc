/** Etcd behind TLS and passwords. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Authority } from '../../lib/tls/authority.ts'
import { EtcdCluster, etcdMissing, post } from './etcd-server.ts'
import { storeAt } from './etcd-store.ts'

const [user, password] = ['ottla', 'secret']
/** Certificates are good for long, back and forth: where the day of the test is turned, that of etcd is not. */
const [yearsMs, days] = [2 * 365 * 86_400_000, 4 * 365]

async function withPassword(t: Test): Promise<EtcdCluster> {
  const etcd = await EtcdCluster.start(t)
  const { url } = etcd.members[0]!
  for (const name of ['root', user]) {
    await post(url, '/v3/auth/user/add', { name, password })
    await post(url, '/v3/auth/user/grant', { user: name, role: 'root' }).catch(async () => {
      await post(url, '/v3/auth/role/add', { name: 'root' })
      await post(url, '/v3/auth/user/grant', { user: name, role: 'root' })
    })
  }
  await post(url, '/v3/auth/enable', {})
  return etcd
}

t.test('a user with the password is let in, also after etcd was started anew', { skip: etcdMissing }, async t => {
  const etcd = await withPassword(t)
  const store = storeAt(etcd.address('users'), { user, password })
  const seen: string[] = []
  const told = ({ changes }: { changes: readonly { key: string }[] }) =>
    void seen.push(...changes.map(({ key }) => key))
  await store.watch('', (await store.list('')).revision, told, () => t.fail('nothing is forgotten'))
  await store.transact({ changes: [{ key: 'a', value: '1' }] })
  const session = await store.openSession(20_000)
  const [member] = etcd.members
  await member!.kill()
  etcd.start(member!)
  await store.transact({ changes: [{ key: 'b', value: '1', session }] })
  t.same(seen, ['a', 'b'])
  await store.close()
})

t.test('rights to the keys of the cluster are enough', { skip: etcdMissing }, async t => {
  const etcd = await EtcdCluster.start(t)
  const { url } = etcd.members[0]!
  const encoded = (text: string) => Buffer.from(text).toString('base64')
  await post(url, '/v3/auth/role/add', { name: 'broker' })
  const perm = { permType: 'READWRITE', key: encoded('users/'), range_end: encoded('users0') }
  await post(url, '/v3/auth/role/grant', { name: 'broker', perm })
  await post(url, '/v3/auth/role/add', { name: 'root' })
  for (const [name, role] of [
    ['root', 'root'],
    [user, 'broker'],
  ]) {
    await post(url, '/v3/auth/user/add', { name, password })
    await post(url, '/v3/auth/user/grant', { user: name, role })
  }
  await post(url, '/v3/auth/enable', {})
  const store = storeAt(etcd.address('users'), { user, password })
  const seen: string[] = []
  const told = ({ changes }: { changes: readonly { key: string }[] }) =>
    void seen.push(...changes.map(({ key }) => key))
  await store.watch('', (await store.list('')).revision, told, () => t.fail('nothing is forgotten'))
  const session = await store.openSession(5_000)
  await store.transact({ changes: [{ key: 'a', value: '1', session }] })
  await store.transact({ changes: [{ prefix: 'b/', value: null }] })
  await store.compact(0)
  await session.close()
  t.equal(await store.get('a'), null)
  t.equal(seen[0], 'a')
  await store.close()
  const other = storeAt(etcd.address('others'), { user, password })
  await t.rejects(other.get('a'), /permission denied/)
  await other.close()
})

t.test('others are refused, with the reason', { skip: etcdMissing }, async t => {
  const etcd = await withPassword(t)
  for (const options of [{}, { user, password: 'wrong' }, { user: 'nobody', password }]) {
    const store = storeAt(etcd.address('users'), options)
    await t.rejects(store.get('a'), /etcd refuses/)
    await t.rejects(store.transact({ changes: [{ key: 'a', value: '1' }] }), /user name is empty|authentication failed/)
    await store.close()
  }
})

t.test(
  'members are spoken to by TLS, and shown a certificate where they ask for one',
  { skip: etcdMissing },
  async t => {
    // Its members start before the test has a directory of its own.
    const directory = mkdtempSync(join(tmpdir(), 'ottla-etcd-tls-'))
    t.teardown(() => rmSync(directory, { recursive: true }))
    const authority = new Authority(Date.now() - yearsMs, 'members', days)
    const own = authority.issue({ name: 'etcd', hosts: ['127.0.0.1'], days })
    const client = authority.issue({ name: 'ottla', days })
    const file = (name: string, content: string) => {
      writeFileSync(join(directory, name), content)
      return join(directory, name)
    }
    const etcd = await EtcdCluster.start(t, 1, [
      ...['--cert-file', file('cert.pem', own.certificate), '--key-file', file('key.pem', own.key)],
      ...['--client-cert-auth', '--trusted-ca-file', file('ca.pem', authority.certificate)],
    ])
    const address = etcd.address('secure')
    const tls = {
      ca: Buffer.from(authority.certificate),
      certificate: Buffer.from(client.certificate),
      key: Buffer.from(client.key),
    }
    const store = storeAt(address, { tls })
    const seen: string[] = []
    const told = ({ changes }: { changes: readonly { key: string }[] }) =>
      void seen.push(...changes.map(({ key }) => key))
    await store.watch('', (await store.list('')).revision, told, () => t.fail('nothing is forgotten'))
    await store.transact({ changes: [{ key: 'a', value: '1' }] })
    t.same(seen, ['a'])
    await store.close()
  },
)
