/** `metadata.store` and what goes with it. */
import t from 'tap'
import { BrokerConfig } from '../../lib/config/config.ts'
import { etcdSettings } from '../../lib/config/metadata-store.ts'
import { nameAdvice } from '../../lib/config/names.ts'
import { ConfigError } from '../../lib/config/values.ts'

function settings(properties: Record<string, string>) {
  return etcdSettings(BrokerConfig.parse(properties, { warn: () => {} }))
}

t.test('metadata are in the data directory where nothing else is said', t => {
  t.equal(settings({}), null)
  t.equal(settings({ 'metadata.store': 'embedded' }), null)
  t.end()
})

t.test('an address names members of etcd, and what the keys begin with', t => {
  const addressOf = (store: string) => settings({ 'metadata.store': store })!.address
  t.same(addressOf('etcd://one:2379,two:12379/kafka/prod/'), {
    secure: false,
    endpoints: [
      { host: 'one', port: 2379 },
      { host: 'two', port: 12_379 },
    ],
    prefix: 'kafka/prod/',
  })
  t.same(addressOf('etcds://[::1]:2379'), {
    secure: true,
    endpoints: [{ host: '::1', port: 2379 }],
    prefix: 'ottla/',
  })
  t.equal(addressOf('etcd://one').endpoints[0]!.port, 2379)
  t.end()
})

t.test('what cannot be meant is refused by the name of its property', t => {
  for (const store of [
    'etcd',
    'http://one:2379',
    'etcd://',
    'etcd://one:0',
    'etcd://a b',
    'etcd://u:p@one',
    'zk://one',
  ]) {
    t.throws(() => settings({ 'metadata.store': store }), ConfigError, store)
  }
  const store = 'etcd://one'
  t.throws(() => settings({ 'metadata.store': store, 'metadata.store.user': 'me' }), ConfigError)
  t.throws(() => settings({ 'metadata.store': store, 'metadata.store.ssl.key.location': '/k' }), ConfigError)
  t.throws(() => settings({ 'metadata.store': store, 'metadata.store.history.ms': 'long' }), ConfigError)
  t.end()
})

t.test('history is kept for ten minutes, as long as is asked for, or by somebody else', t => {
  const historyMs = (ms: Record<string, string>) => settings({ 'metadata.store': 'etcd://one', ...ms })!.historyMs
  t.equal(historyMs({}), 600_000)
  t.equal(historyMs({ 'metadata.store.history.ms': '1000' }), 1_000)
  t.equal(historyMs({ 'metadata.store.history.ms': '-1' }), null)
  t.end()
})

t.test('the password is a secret, and the names are known', t => {
  const { password } = settings({
    'metadata.store': 'etcd://one',
    'metadata.store.user': 'me',
    'metadata.store.password': 'pw',
  })!
  t.equal(String(password), '[hidden]')
  t.equal(password!.reveal(), 'pw')
  t.equal(nameAdvice('metadata.store.password'), null)
  t.end()
})
