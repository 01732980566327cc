/** Keys and certificates that change while the broker runs (KIP-226): for connections to come, and not for those that are open. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { Authority, type Certified } from '../../lib/tls/authority.ts'
import { ask, authority, SecuredBroker, trusting } from './secured-broker.ts'

const [first, second] = ['first', 'second'].map(() => authority.issue({ name: 'broker', hosts: ['localhost'] })) as [
  Certified,
  Certified,
]
const location = 'listener.name.ssl.ssl.keystore.location'
const invalidRequest = 42

const text = ({ certificate, key }: Certified) => certificate + key

/** A broker with the first certificate in a file, and one client. */
async function start(t: Test, properties: Record<string, string | null> = {}) {
  const file = join(t.testdir(), 'broker.pem')
  writeFileSync(file, text(first))
  const broker = await SecuredBroker.start(t, {
    'ssl.keystore.certificate.chain': null,
    'ssl.keystore.key': null,
    'ssl.keystore.location': file,
    ...properties,
  })
  return { file, broker, client: await broker.connect() }
}

/** The certificate that a new client is shown. */
async function shown(broker: SecuredBroker): Promise<Certified | null> {
  const wire = await systemNetwork.connect({ host: 'localhost', port: broker.port, tls: trusting() })
  const certificate = wire.peerCertificate!.toString('base64')
  wire.destroy()
  const body = (pem: string) => pem.replace(/-----.*-----|\s/g, '')
  return [first, second].find(each => body(each.certificate) === certificate) ?? null
}

t.test(
  'another file, or the same with another content, is shown to new clients, and open connections go on',
  async t => {
    const { file, broker, client } = await start(t)
    t.equal(await shown(broker), first)
    const other = join(dirname(file), 'other.pem')
    writeFileSync(other, text(second))
    t.match(await broker.alter(client, { [location]: other }), { errorCode: 0 })
    t.equal(await shown(broker), second)
    writeFileSync(other, text(first))
    t.equal(await shown(broker), second, 'a file is not looked at before somebody says so')
    t.match(await broker.alter(client, { [location]: other }), { errorCode: 0 })
    t.equal(await shown(broker), first)
    await ask(client)
    t.not(file, other)
  },
)

t.test('a certificate of another subject or other names is refused, unless that is allowed', async t => {
  const { file, broker, client } = await start(t)
  const refusedWith = async (certified: Certified, why: RegExp) => {
    writeFileSync(file, text(certified))
    const { errorCode, errorMessage } = await broker.alter(client, { [location]: file })
    t.equal(errorCode, invalidRequest)
    t.match(errorMessage, why)
    t.equal(await shown(broker), first)
  }
  await refusedWith(authority.issue({ name: 'other', hosts: ['localhost'] }), /ssl.allow.dn.changes=true/)
  await refusedWith(authority.issue({ name: 'broker', hosts: ['localhost', 'x'] }), /ssl.allow.san.changes=true/)
  writeFileSync(file, 'nonsense')
  const { errorCode, errorMessage } = await broker.alter(client, { [location]: file })
  t.equal(errorCode, invalidRequest)
  t.match(errorMessage, /is neither PEM, nor PKCS12, nor JKS/)
  t.match(await broker.alter(client, { [location]: '/nowhere' }), { errorCode: invalidRequest })
  const free = await start(t, { 'ssl.allow.dn.changes': 'true', 'ssl.allow.san.changes': 'true' })
  writeFileSync(free.file, text(authority.issue({ name: 'other', hosts: ['localhost', 'x'] })))
  t.match(await free.broker.alter(free.client, { [location]: free.file }), { errorCode: 0 })
  t.equal(await shown(free.broker), null)
})

t.test('whom a listener trusts, and whether it asks for a certificate, changes the same way', async t => {
  const { broker, client, file: keys } = await start(t)
  const other = new Authority(systemClock.now())
  const file = join(dirname(keys), 'trusted.pem')
  writeFileSync(file, other.certificate)
  const stranger = trusting(other.issue({ name: 'stranger' }))
  t.match(
    await broker.alter(client, {
      'listener.name.ssl.ssl.client.auth': 'required',
      'listener.name.ssl.ssl.truststore.location': file,
    }),
    { errorCode: invalidRequest },
    'certificates in the properties and a file at once',
  )
  t.match(
    await broker.alter(client, {
      'listener.name.ssl.ssl.client.auth': 'required',
      'listener.name.ssl.ssl.truststore.certificates': other.certificate,
    }),
    { errorCode: 0, errorMessage: null },
  )
  t.equal(await broker.principalOf(stranger), 'User:CN=stranger')
  await t.rejects(broker.principalOf(trusting(authority.issue({ name: 'alice' }))))
  await ask(client)
})
