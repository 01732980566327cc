/** Key and trust stores as keytool and openssl make them (record-stores.sh): each is read, or it is said in one sentence what to do. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { certificatesOf } from '../../lib/tls/pem.ts'
import { isPkcs12 } from '../../lib/tls/pkcs12.ts'
import { pemKeyMaterial, readKeyStore, readTrustStore } from '../../lib/tls/stores.ts'
import { root } from '../sources.ts'

const recorded = JSON.parse(readFileSync(join(root, 'test/fixtures/key-stores.json'), 'utf8')) as Record<string, string>
const store = (name: string) => Buffer.from(recorded[name]!, 'base64')
const text = (name: string) => store(name).toString('latin1')
const changeit = { store: 'changeit', key: null }

/** The common names of certificates. */
function names(pems: readonly string[]): string[] {
  return pems.map(pem => /CN=(\S+)/.exec(new X509Certificate(pem).subject)![1]!)
}

for (const name of ['key.p12', 'legacy-key.p12', 'openssl-key.p12', 'openssl-legacy.p12', 'openssl-nomac.p12']) {
  t.test(`${name} gives its key and the certificates that lead to its authority`, async t => {
    const { key, certificates } = readKeyStore(store(name), changeit)
    const chain = certificatesOf(certificates)
    t.same(
      names(chain),
      name.endsWith('key.p12') && !name.startsWith('openssl')
        ? ['localhost']
        : ['leaf', ...(name.includes('nomac') ? [] : ['between', 'root'])],
    )
    t.ok(new X509Certificate(chain[0]!).checkPrivateKey(createPrivateKey(key)))
    t.throws(() => readKeyStore(store(name), { store: 'wrong', key: null }), /is not opened by ssl.keystore.password/)
    t.throws(() => readKeyStore(store(name), { store: null, key: null }), /set ssl.keystore.password/)
  })
}

t.test('a PKCS12 store may have the empty password', async t => {
  t.match(readKeyStore(store('openssl-empty.p12'), { store: '', key: null }).certificates, /BEGIN CERTIFICATE/)
})

t.test('JKS keeps keys under passwords of their own', async t => {
  const bytes = store('key.jks')
  const { key, certificates } = readKeyStore(bytes, { store: 'changeit', key: 'another' })
  t.ok(new X509Certificate(certificates).checkPrivateKey(createPrivateKey(key)))
  t.throws(() => readKeyStore(bytes, changeit), /has a key that ssl.key.password does not open/)
  t.throws(() => readKeyStore(bytes, { store: 'wrong', key: 'another' }), /is not opened by ssl.keystore.password/)
  t.same(names(readTrustStore(bytes, 'changeit')), ['localhost'])
})

t.test('trust stores of all kinds give their authorities', async t => {
  for (const name of ['trust.p12', 'trust.jks', 'legacy-trust.p12', 'key.p12']) {
    t.same(names(readTrustStore(store(name), 'changeit')), ['localhost'], name)
  }
  t.same(names(readTrustStore(store('openssl-trust.p12'), 'changeit')), ['root'])
  t.same(names(readTrustStore(store('bundle.pem'), null)), ['leaf', 'between'])
  t.same(names(readTrustStore(store('talkative.pem'), null)), ['leaf'])
  t.same(names(readTrustStore(store('trust.jks'), null)), ['localhost'], 'JKS opens without a password, as in Java')
  t.throws(() => readTrustStore(store('trust.p12'), null), /which only a password opens: set ssl.truststore.password/)
  t.throws(() => readTrustStore(store('trust.p12'), 'wrong'), /is not opened by ssl.truststore.password/)
  t.throws(() => readTrustStore(store('leaf.key'), null), /has no certificate to trust/)
})

t.test('PEM holds keys of all kinds, encrypted or not, and the certificates in any order', async t => {
  const own = names(certificatesOf(readKeyStore(store('all.pem'), { store: null, key: null }).certificates))
  t.same(own, ['leaf', 'between'])
  for (const name of ['encrypted.key', 'encrypted-3des.key', 'traditional.key']) {
    t.match(pemKeyMaterial(text(name), text('bundle.pem'), 'changeit').key, /BEGIN PRIVATE KEY/, name)
    t.throws(() => pemKeyMaterial(text(name), text('bundle.pem'), 'wrong'), /ssl.key.password does not open/, name)
    t.throws(() => pemKeyMaterial(text(name), text('bundle.pem'), null), /is encrypted: set ssl.key.password/, name)
  }
  const backwards = text('mid.pem') + text('leaf.pem')
  t.same(names(certificatesOf(pemKeyMaterial(text('leaf.key'), backwards, null).certificates)), ['leaf', 'between'])
  const oneLine = text('bundle.pem').replaceAll('\n', ' ')
  t.same(names(certificatesOf(pemKeyMaterial(text('leaf.key'), oneLine, null).certificates)), ['leaf', 'between'])
  t.throws(() => pemKeyMaterial(text('leaf.key'), text('mid.pem'), null), /none of its certificates belongs to/)
  t.throws(() => pemKeyMaterial(text('leaf.pem'), text('leaf.pem'), null), /has no private key/)
})

t.test('what cannot be read says how to convert it', async t => {
  t.throws(() => readKeyStore(store('key.jceks'), changeit), /is a JCEKS store.*keytool -importkeystore/)
  t.throws(() => readKeyStore(Buffer.from('hello'), changeit), /is neither PEM, nor PKCS12, nor JKS/)
  t.throws(() => readKeyStore(store('trust.p12'), changeit), /has no private key/)
})

t.test('a store that is cut or changed anywhere is refused with a sentence, whatever it is', async t => {
  for (const name of ['key.p12', 'openssl-legacy.p12', 'key.jks', 'trust.p12']) {
    const bytes = store(name)
    for (let at = 0; at < bytes.length; at += 61) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 0x55
      for (const damaged of [changed, bytes.subarray(0, at)]) {
        try {
          readKeyStore(damaged, { store: 'changeit', key: 'another' })
        } catch (error) {
          if ((error as Error).name !== 'UnreadableStore') t.fail(`${name} at ${at}: ${(error as Error).stack}`)
        }
      }
    }
  }
  t.notOk(isPkcs12(Buffer.from([0x30])))
})
