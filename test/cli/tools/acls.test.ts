/** kafka-acls: what it prints and ends with, as Apache Kafka 4.4's tool was seen to; the suite `tools` compares more. */
import { Readable, Writable } from 'node:stream'
import type { Test } from 'tap'
import t from 'tap'
import { Broker } from '../../../lib/broker.ts'
import type { Io } from '../../../lib/cli/io.ts'
import { kafkaAcls } from '../../../lib/cli/tools/acls.ts'
import { runHere } from './cluster.ts'

const nothing = { code: 0, stdout: '', stderr: '' }

/** The tool on a broker with an authorizer, at which who asks may do everything; `answers` is typed where it asks. */
async function aclsOn(t: Test) {
  const broker = await Broker.start({
    ...{ port: 0, ephemeral: true, dev: true, logLevel: 'error' },
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
  t.teardown(() => broker.stop())
  const server = ['--bootstrap-server', broker.bootstrap]
  const typed = async (answers: string, ...args: readonly string[]) => {
    let stdout = ''
    const io = {
      stdin: Readable.from([Buffer.from(answers)]),
      stdout: new Writable({
        write: (chunk, _encoding, done) => {
          stdout += chunk
          done()
        },
      }),
    } as unknown as Io
    return { code: await kafkaAcls([...server, ...args], io), stdout }
  }
  return { acls: (...args: readonly string[]) => runHere(kafkaAcls, [...server, ...args]), typed }
}

const pattern = (type: string, name: string) =>
  `ResourcePattern(resourceType=${type}, name=${name}, patternType=LITERAL)`
const rule = (user: string, operation: string) =>
  `(principal=User:${user}, host=*, operation=${operation}, permissionType=ALLOW)`

t.test('rules are added, listed and removed', async t => {
  const { acls } = await aclsOn(t)
  const alice = ['--allow-principal', 'User:alice', '--operation', 'Read', '--topic', 'orders']
  t.same(await acls('--add', ...alice), {
    ...nothing,
    stdout: `Adding ACLs for resource \`${pattern('TOPIC', 'orders')}\`: \n \t${rule('alice', 'READ')}\n\n`,
  })
  t.same(await acls('--add', ...alice), {
    ...nothing,
    stdout: `Acl (pattern=${pattern('TOPIC', 'orders')}, entry=${rule('alice', 'READ')}) already exists.\n`,
  })
  const listed = `Current ACLs for resource \`${pattern('TOPIC', 'orders')}\`:\n\t${rule('alice', 'READ')}\n\n`
  t.same(await acls('--list'), { ...nothing, stdout: listed })
  t.same(await acls('--list', '--principal', 'User:alice', '--topic', 'orders'), {
    ...nothing,
    stdout: `ACLs for principal \`User:alice\`\n${listed}`,
  })
  t.same(await acls('--remove', '--force', ...alice), nothing)
  t.same(await acls('--list'), nothing)
})

t.test('before rules are removed it asks, and only y is a yes', async t => {
  const { acls, typed } = await aclsOn(t)
  const alice = ['--allow-principal', 'User:alice', '--operation', 'Read', '--topic', 'a', '--topic', 'b']
  await acls('--add', ...alice)
  const asked = (topic: string) =>
    `Are you sure you want to remove ACLs: \n \t${rule('alice', 'READ')}\n from resource filter \`${pattern('TOPIC', topic)}\`? (y/n)\n`
  const count = async () => (await acls('--list')).stdout.split('Current ACLs').length - 1
  for (const answers of ['', 'n\nn\n', 'yes\nyes\n']) {
    t.same(await typed(answers, '--remove', ...alice), { code: 0, stdout: asked('a') + asked('b') })
    t.equal(await count(), 2, JSON.stringify(answers))
  }
  t.same(await typed('n\nY\n', '--remove', ...alice), { code: 0, stdout: asked('a') + asked('b') })
  t.match((await acls('--list')).stdout, /name=a,/, 'the second answer was for the second topic')
  t.equal(await count(), 1)
  t.same(await typed('y\n', '--remove', '--topic', 'a'), {
    code: 0,
    stdout: `Are you sure you want to delete all ACLs for resource filter \`${pattern('TOPIC', 'a')}\`? (y/n)\n`,
  })
  t.equal(await count(), 0)
})

t.test('producers and consumers get what they need', async t => {
  const { acls } = await aclsOn(t)
  const user = ['--add', '--allow-principal', 'User:p']
  await acls(...user, '--producer', '--topic', 'orders', '--transactional-id', 't', '--idempotent')
  await acls(...user, '--consumer', '--topic', 'orders', '--group', 'g')
  const { stdout } = await acls('--list')
  const of = (type: string) => {
    const block = stdout.split('Current ACLs').find(each => each.includes(`resourceType=${type},`))!
    return [...block.matchAll(/operation=(\w+)/g)].map(([, operation]) => operation).sort()
  }
  t.same(of('TOPIC'), ['CREATE', 'DESCRIBE', 'READ', 'WRITE'])
  t.same(of('TRANSACTIONAL_ID'), ['DESCRIBE', 'WRITE'])
  t.same(of('CLUSTER'), ['IDEMPOTENT_WRITE'])
  t.same(of('GROUP'), ['READ'])
})

t.test('with --json rules are listed as one array, an object each', async t => {
  const { acls } = await aclsOn(t)
  t.same(await acls('--list', '--json'), { ...nothing, stdout: '[]\n' })
  await acls('--add', '--allow-principal', 'User:alice', '--operation', 'Read', '--topic', 'orders', '--topic', 'a')
  const prefixed = ['--resource-pattern-type', 'prefixed', '--deny-host', '10.0.0.1', '--operation', 'DescribeConfigs']
  await acls('--add', '--deny-principal', 'User:bob', '--group', 'g', ...prefixed)
  const listed = async (...args: readonly string[]) => JSON.parse((await acls('--list', '--json', ...args)).stdout)
  const ofAlice = (name: string) => ({
    ...{ resourceType: 'TOPIC', name, patternType: 'LITERAL' },
    ...{ principal: 'User:alice', host: '*', operation: 'READ', permissionType: 'ALLOW' },
  })
  const ofBob = {
    ...{ resourceType: 'GROUP', name: 'g', patternType: 'PREFIXED' },
    ...{ principal: 'User:bob', host: '10.0.0.1', operation: 'DESCRIBE_CONFIGS', permissionType: 'DENY' },
  }
  t.same(await listed(), [ofBob, ofAlice('a'), ofAlice('orders')])
  t.same(await listed('--principal', 'User:bob'), [ofBob])
  t.same(await listed('--topic', 'orders'), [ofAlice('orders')])
})

t.test('a command line that makes no sense is told why, with the help', async t => {
  const says = async (stderr: RegExp, ...args: readonly string[]) =>
    t.match(await runHere(kafkaAcls, args), { code: 1, stdout: '', stderr }, args.join(' '))
  const server = ['--bootstrap-server', 'localhost:1']
  await says(/^One of --bootstrap-server or .*\nottla kafka-acls: /, '--list')
  await says(/^Command must include exactly one action: --list, --add, --remove\.\n/, ...server)
  await says(/^nonsense is not a recognized option\nottla kafka-acls: /, ...server, '--nonsense')
  await says(/^there are no controllers to ask; /, '--bootstrap-controller', 'localhost:1', '--list')
  await says(/^You must specify one of: --allow-principal/, ...server, '--add', '--topic', 'a')
  await says(
    /only supports operations \[CREATE_TOKENS, /,
    ...server,
    '--add',
    '--allow-principal',
    'User:a',
    '--operation',
    'Read',
    '--user-principal',
    'User:b',
  )
  t.match(await runHere(kafkaAcls, ['--help']), { code: 0, stdout: / {2}ottla acls --bootstrap-server / })
})
