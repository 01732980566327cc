/** SCRAM between our own two ends, by the examples of its standards, and against what is mangled. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { Secret } from '../../lib/base/secret.ts'
import { credentialFrom } from '../../lib/security/salting.ts'
import type { ScramCredential, ScramMechanism } from '../../lib/security/scram.ts'
import { ScramClient } from '../../lib/security/scram-client.ts'
import { ScramExchange, type ScramHost } from '../../lib/security/scram-exchange.ts'

const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')

function host(users: Record<string, ScramCredential>, nonce = 'theirs'): ScramHost {
  return {
    credentialOf: user => users[user],
    tokenOf: () => undefined,
    nonce: () => nonce,
    disguise: Buffer.from('disguise'),
  }
}

/** The whole exchange; the user, or why not. */
async function run(mechanism: ScramMechanism, name: string, password: string, broker: ScramHost) {
  const client = new ScramClient(mechanism, name, new Secret(password), 'ours')
  const exchange = new ScramExchange(mechanism, broker)
  const first = exchange.receive(client.first())
  if (first.kind !== 'challenge') return first
  const last = exchange.receive(await client.final(first.message))
  if (last.kind === 'user') client.check(last.message)
  return last
}

t.test('the example of RFC 7677 comes out to the letter', async t => {
  const credential = await credentialFrom('SCRAM-SHA-256', new Secret('pencil'), salt, 4096)
  const exchange = new ScramExchange('SCRAM-SHA-256', host({ user: credential }, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'))
  const first = exchange.receive(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'))
  t.equal(
    String(first.kind === 'challenge' && first.message),
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  )
  const last = exchange.receive(
    Buffer.from(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    ),
  )
  t.match(last, { kind: 'user', user: 'user' })
  t.equal(String(last.kind === 'user' && last.message), 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
})

for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
  t.test(`${mechanism}: who knows the password is let in, and nobody else`, async t => {
    const credential = await credentialFrom(mechanism, new Secret('secret'), salt, 4096)
    const users = host({ alice: credential, 'a=b,c': credential })
    t.match(await run(mechanism, 'alice', 'secret', users), { kind: 'user', user: 'alice' })
    t.match(await run(mechanism, 'a=b,c', 'secret', users), { kind: 'user', user: 'a=b,c' })
    const reason = `Authentication failed during authentication due to invalid credentials with SASL mechanism ${mechanism}`
    t.match(await run(mechanism, 'alice', 'wrong', users), { kind: 'refused', reason, user: 'alice' })
    t.match(await run(mechanism, 'nobody', 'secret', users), { kind: 'refused', reason, user: 'nobody' })
  })
}

t.test('a user that there is not is asked as others are, with the same salt each time', t => {
  const asked = () => new ScramExchange('SCRAM-SHA-256', host({})).receive(Buffer.from('n,,n=nobody,r=x'))
  t.match(asked(), { kind: 'challenge' })
  t.same(asked(), asked())
  t.end()
})

t.test('whoever poses as the broker does not pass', async t => {
  const client = new ScramClient('SCRAM-SHA-256', 'alice', new Secret('secret'), 'ours')
  await t.rejects(client.final(Buffer.from(`r=other,s=${salt.toString('base64')},i=4096`)), /somebody else/)
  await t.rejects(client.final(Buffer.from(`r=oursx,s=${salt.toString('base64')},i=1`)), /1 iterations/)
  await t.rejects(client.final(Buffer.from(`r=oursx,s=${salt.toString('base64')},i=99999999`)), /iterations/)
  await client.final(Buffer.from(`r=oursx,s=${salt.toString('base64')},i=4096`))
  t.throws(() => client.check(Buffer.from(`v=${Buffer.alloc(32).toString('base64')}`)), /does not know the password/)
  t.throws(() => client.check(Buffer.from('e=other-error')), /other-error/)
})

t.test('a token, another user to act as, a binding and a repeated message are refused', async t => {
  const credential = await credentialFrom('SCRAM-SHA-256', new Secret('secret'), salt, 4096)
  const broker = host({ alice: credential })
  const first = (text: string) => new ScramExchange('SCRAM-SHA-256', broker).receive(Buffer.from(text))
  t.match(first('n,a=bob,n=alice,r=x'), { kind: 'refused', reason: /authorization id/ })
  t.match(first('n,a=alice,n=alice,r=x'), { kind: 'challenge' })
  t.match(first('y,,n=alice,r=x'), { kind: 'refused' })
  t.match(first('p=tls-unique,,n=alice,r=x'), { kind: 'refused' })
  t.not(String(Object.values(first('n,,n=alice,r=x,tokenauth=true'))).includes(salt.toString('base64')), true)
  const client = new ScramClient('SCRAM-SHA-256', 'alice', new Secret('secret'), 'ours')
  const exchange = new ScramExchange('SCRAM-SHA-256', broker)
  const challenge = exchange.receive(client.first())
  const final = await client.final(challenge.kind === 'challenge' ? challenge.message : Buffer.alloc(0))
  t.match(exchange.receive(final), { kind: 'user' })
  t.match(exchange.receive(final), { kind: 'refused' })
})

t.test('mangled messages are refused, and nothing else', async t => {
  const credential = await credentialFrom('SCRAM-SHA-256', new Secret('secret'), salt, 4096)
  const random = seededRandom(5)
  const firsts = ['n,,n=alice,r=abc', 'n,a=alice,n=alice,r=abc,tokenauth=true', '']
  const finals = ['c=biws,r=abctheirs,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'c=biws,r=,p=', '']
  const mangled = (text: string) => {
    const bytes = Buffer.from(text)
    for (let i = random.int(3); i > 0 && bytes.length > 0; i--) bytes[random.int(bytes.length)] = random.int(256)
    return bytes.subarray(0, random.int(4) === 0 ? random.int(bytes.length + 1) : bytes.length)
  }
  for (let i = 0; i < 5_000; i++) {
    const exchange = new ScramExchange('SCRAM-SHA-256', host({ alice: credential }))
    const first = exchange.receive(mangled(firsts[random.int(3)]!))
    const last = exchange.receive(mangled(finals[random.int(3)]!))
    if (first.kind === 'user' || last.kind === 'user') t.fail(`seed ${i}`)
  }
})
