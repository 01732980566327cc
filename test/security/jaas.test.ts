/** Logins as configurations of Java's programs hold them. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { parseLoginFile, parseLogins, quoted } from '../../lib/security/jaas.ts'

const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule'

t.test('the options of a module are read with quotes, escapes and comments', t => {
  const [module, ...others] = parseLogins(`${plain} required // the broker's own
    username="admin" password="a \\"b\\" \\\\ c;" /* and
    the users */ user_alice = "x=y" user_bob=simple user_empty="";`)
  t.same(others, [])
  t.equal(module?.className, plain)
  t.same(
    [...module!.options],
    [
      ['username', 'admin'],
      ['password', 'a "b" \\ c;'],
      ['user_alice', 'x=y'],
      ['user_bob', 'simple'],
      ['user_empty', ''],
    ],
  )
  t.same(parseLogins(module!.text)[0]!.options, module!.options, 'its text says the same')
  t.end()
})

t.test('escapes are those of Java', t => {
  const [module] = parseLogins(String.raw`${plain} required a="\t\101\0z\é";`)
  t.equal(module?.options.get('a'), '\tA\0zé')
  t.end()
})

t.test('several modules may follow each other', t => {
  const modules = parseLogins(`${plain} required a=b; x.ScramLoginModule optional;`)
  t.same(
    modules.map(({ className }) => className),
    [plain, 'x.ScramLoginModule'],
  )
  t.end()
})

t.test('what is no login is refused, and no error shows a secret', t => {
  const wrong = [
    '',
    ';',
    plain,
    `${plain} required`,
    `${plain} required username="a"`,
    `${plain} required username`,
    `${plain} required password= ;`,
    `${plain} required password secret;`,
    `${plain} required password = = secret;`,
    `${plain} required password="secret`,
    `${plain} needed username="a";`,
  ]
  for (const text of wrong) {
    t.throws(() => parseLogins(text), SyntaxError, text)
    try {
      parseLogins(text)
    } catch (error) {
      t.notMatch((error as Error).message, /secret/)
    }
  }
  t.end()
})

t.test('any text as a password survives being quoted', t => {
  const random = seededRandom(7)
  for (let i = 0; i < 500; i++) {
    const password = random.bytes(random.int(12)).toString('latin1')
    const [module] = parseLogins(`${plain} required user_a=${quoted(password)};`)
    t.equal(module?.options.get('user_a'), password)
  }
  t.end()
})

t.test('mangled texts are read or refused, and nothing else', t => {
  const random = seededRandom(11)
  const good = `KafkaServer { ${plain} required username="a" /* x */ user_b="c\\"d"; }; // end`
  for (let i = 0; i < 5_000; i++) {
    const bytes = Buffer.from(good)
    for (let j = random.int(4); j >= 0; j--) bytes[random.int(bytes.length)] = random.int(256)
    const text = bytes.toString('latin1').slice(random.int(4) === 0 ? random.int(bytes.length) : 0)
    for (const parse of [parseLoginFile, parseLogins]) {
      try {
        parse(text)
      } catch (error) {
        if (!(error instanceof SyntaxError)) t.fail(`${text}: ${error}`)
      }
    }
  }
  t.end()
})
