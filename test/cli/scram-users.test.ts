/** Users that a data directory is formatted with, and those that stand in a listener's login. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { silentLogger } from '../../lib/base/logger.ts'
import { Secret } from '../../lib/base/secret.ts'
import { Broker } from '../../lib/broker.ts'
import { main } from '../../lib/cli/main.ts'
import { parseScramUser } from '../../lib/cli/scram-users.ts'
import { Client } from '../../lib/client/client.ts'

t.test('users come with the formatting, and from the login of a listener', async t => {
  const dir = t.testdir()
  const [data, file] = [join(dir, 'data'), join(dir, 'server.properties')]
  writeFileSync(file, `log.dirs=${data}\nnode.id=3\n`)
  let [out, err] = ['', '']
  const io = { stdout: { write: (text: string) => (out += text) }, stderr: { write: (text: string) => (err += text) } }
  const words = ['kafka-storage', 'format', '-t', 'mine', '-c', file]
  const users = [
    'SCRAM-SHA-256=[name=alice,password=secret]',
    'SCRAM-SHA-512=[name="bob",iterations=8192,password="pw"]',
  ]
  const code = await main([...words, ...users.flatMap(each => ['--add-scram', each])], io as never)
  t.equal(code, 0, err)
  t.notMatch(out + err, /secret|pw/)
  const broker = await Broker.start({
    data,
    logger: silentLogger,
    properties: {
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512',
      'sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required user_carol="hers";',
    },
  })
  t.teardown(() => broker.stop())
  const [host, port] = broker.bootstrap.split(':')
  const logIn = async (mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', user: string, password: string) => {
    const login = { mechanism, user, password: new Secret(password) }
    const client = await Client.connect({ host: host!, port: Number(port), login })
    await client.close()
  }
  await logIn('SCRAM-SHA-256', 'alice', 'secret')
  await logIn('SCRAM-SHA-512', 'bob', 'pw')
  await logIn('SCRAM-SHA-256', 'carol', 'hers')
  await logIn('SCRAM-SHA-512', 'carol', 'hers')
  await t.rejects(logIn('SCRAM-SHA-512', 'alice', 'secret'), { name: 'LoginError' })
  // Before the directory goes.
  await broker.stop()
})

t.test("what is no user is refused in the words of Kafka's tool", t => {
  const cases: [string, string][] = [
    ['foo', "Failed to find equals sign in SCRAM argument 'foo'"],
    ['SCRAM-SHA-1=[name=a,password=b]', 'The add-scram mechanism SCRAM-SHA-1 is not supported.'],
    ['SCRAM-SHA-256=name=a,password=b', 'Expected configuration string to start with ['],
    ['SCRAM-SHA-256=[password=b]', "You must supply 'name' to add-scram"],
    ['SCRAM-SHA-256=[name=a]', "You must supply one of 'password' or 'saltedpassword' to add-scram"],
    ['SCRAM-SHA-256=[name=a,saltedpassword="YWJj"]', "You must supply 'salt' with 'saltedpassword' to add-scram"],
    ['SCRAM-SHA-256=[name=a,bogus=1,password=b]', 'Unknown SCRAM configurations: bogus'],
    [
      'SCRAM-SHA-256=[name=a,password=b,iterations=1]',
      "The 'iterations' value must be >= 4096 for add-scram using SCRAM_SHA_256",
    ],
    [
      'SCRAM-SHA-512=[name=a,password=b,iterations=99999]',
      "The 'iterations' value must be <= 16384 for add-scram using SCRAM_SHA_512",
    ],
    ['SCRAM-SHA-256=[name=a,password=b,iterations=x]', 'Failed to parse iterations count: x'],
  ]
  for (const [text, message] of cases) t.throws(() => parseScramUser(text), { message })
  t.same(parseScramUser('SCRAM-SHA-256=[name=a,salt="YWJj",saltedpassword="YWJj"]').salt, Buffer.from('abc'))
  t.end()
})
