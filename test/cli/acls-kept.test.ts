/** Access rules in a broker of its own process: they hold after it was stopped, and after it was killed. */
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import {
  anyNumber,
  clusterResource,
  operations,
  patternTypes,
  permissions,
  resourceTypes,
} from '../../lib/cluster/acls.ts'
import { codes } from '../../protocol/errors.ts'
import { CreateAcls } from '../../protocol/messages/create-acls.ts'
import { DeleteAcls } from '../../protocol/messages/delete-acls.ts'
import { DescribeAcls } from '../../protocol/messages/describe-acls.ts'
import { type Running, serving } from './command.ts'

const authorizer = 'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer'
const own = { principal: 'User:ANONYMOUS', host: '127.0.0.1', permissionType: permissions.allow }
const cluster = {
  resourceType: resourceTypes.cluster,
  resourceName: clusterResource,
  resourcePatternType: patternTypes.literal,
}
const rules = [
  { ...cluster, ...own, operation: operations.alter },
  { ...cluster, ...own, operation: operations.describeConfigs },
]
const anything = {
  resourceTypeFilter: anyNumber,
  resourceNameFilter: null,
  patternTypeFilter: anyNumber,
  principalFilter: null,
  hostFilter: null,
  operation: anyNumber,
  permissionType: anyNumber,
}

async function asked<T>({ host, port }: Running, ask: (client: Client) => Promise<T>): Promise<T> {
  const client = await Client.connect({ host, port })
  try {
    return await ask(client)
  } finally {
    await client.close()
  }
}

t.test('rules outlive the process, however it ended', async t => {
  const data = t.testdir()
  const start = (...sets: readonly string[]) => serving(t, '--data', data, '--set', authorizer, ...sets)
  const first = await start('super.users=User:root;User:ANONYMOUS')
  const made = await asked(first, client => client.send(CreateAcls, 3, { creations: rules }))
  t.same(
    made.results.map(({ errorCode }) => errorCode),
    [codes.NONE, codes.NONE],
  )
  await first.end('SIGKILL')
  const second = await start()
  const described = await asked(second, client => client.send(DescribeAcls, 3, anything))
  t.equal(described.errorCode, codes.NONE, 'who may alter the cluster may describe it')
  t.equal(described.resources[0]!.acls.length, 2)
  const filters = [{ ...anything, operation: operations.alter }]
  await asked(second, client => client.send(DeleteAcls, 3, { filters }))
  const refused = await asked(second, client => client.send(DescribeAcls, 3, anything))
  t.equal(refused.errorCode, codes.CLUSTER_AUTHORIZATION_FAILED, 'the rule by which it was allowed is gone')
  t.equal(await second.end('SIGTERM'), 0)
  const third = await start('super.users=User:ANONYMOUS')
  const left = await asked(third, client => client.send(DescribeAcls, 3, anything))
  t.match(left.resources, [{ acls: [{ operation: operations.describeConfigs }] }])
  t.equal(left.resources[0]!.acls.length, 1)
  await third.end('SIGTERM')
})

t.test('an authorizer that there is not ends the start with a sentence', async t => {
  await t.rejects(serving(t, '--ephemeral', '--set', 'authorizer.class.name=com.example.Mine'), /no line/)
})
