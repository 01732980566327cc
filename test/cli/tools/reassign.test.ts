/** `ottla reassign` where there are several brokers. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Cluster } from '../../../lib/broker.ts'
import { kafkaConfigs } from '../../../lib/cli/tools/configs.ts'
import { kafkaReassignPartitions } from '../../../lib/cli/tools/reassign.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { Client } from '../../../lib/client/client.ts'
import { codes } from '../../../protocol/errors.ts'
import { Produce } from '../../../protocol/messages/produce.ts'
import { wholeRequest } from '../../../protocol/whole-request.ts'
import { batchOf } from '../../partitions/fixture.ts'
import { runHere } from './cluster.ts'

t.test('a partition moves to the brokers that a file names', async t => {
  const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error', topics: { a: 1 } })
  t.teardown(() => cluster.stop())
  const file = `${t.testdir()}/plan.json`
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 'a', partition: 0, replicas: [3, 2] }] }))
  const run = (...words: string[]) =>
    runHere(kafkaReassignPartitions, ['--bootstrap-server', cluster.bootstrap, ...words])
  const begun = await run('--execute', '--reassignment-json-file', file)
  t.equal(begun.code, 0, begun.stderr)
  t.match(begun.stdout, /Successfully started partition reassignment for a-0/)
  let told = ''
  while (!told.includes('Reassignment of partition a-0 is completed.')) {
    told = (await run('--verify', '--reassignment-json-file', file)).stdout
    t.match(told, /Reassignment of partition a-0 is (completed|still in progress)\./)
  }
  t.match(await run('--list'), { code: 0, stdout: 'No partition reassignments found.\n' })
})

t.test(
  'limits are for who has a partition and who is to have it, and are gone everywhere when all is done',
  async t => {
    const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error' })
    t.teardown(() => cluster.stop())
    const { bootstrap } = cluster
    const on = ['--bootstrap-server', bootstrap]
    await runHere(kafkaTopics, [...on, '--create', '--topic', 'a', '--replica-assignment', '1:2,2:1'])
    // Of nearly no rate one batch goes through, and the next one in eleven seconds.
    const client = await Client.connect({ host: '127.0.0.1', port: Number(bootstrap.split(',')[0]!.split(':')[1]) })
    for (let i = 0; i < 20; ) {
      const partitionData = [{ index: 0, records: batchOf(['x'.repeat(900_000)], { now: Date.now() }) }]
      const topicData = [{ name: 'a', partitionData }]
      const request = wholeRequest(Produce, { acks: -1, timeoutMs: 30_000, topicData })
      const { responses } = await client.send(Produce, 9, request)
      if (responses[0]!.partitionResponses[0]!.errorCode === codes.NONE) i++
    }
    await client.close()
    const file = `${t.testdir()}/plan.json`
    writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic: 'a', partition: 0, replicas: [3, 2] }] }))
    const run = (...words: string[]) =>
      runHere(kafkaReassignPartitions, [...on, ...words, '--reassignment-json-file', file])
    const described = async (...of: string[]) => {
      const { stdout } = await runHere(kafkaConfigs, [...on, '--describe', ...of])
      return stdout.split('\n').flatMap(line => /^ {2}([^ ]*)/.exec(line)?.[1] ?? [])
    }
    const rates = (rate: number) => ['follower', 'leader'].map(side => `${side}.replication.throttled.rate=${rate}`)
    const replicas = ['follower.replication.throttled.replicas=0:3', 'leader.replication.throttled.replicas=0:1,0:2']

    t.match(await run('--execute', '--throttle', '1'), {
      code: 0,
      stdout: /The inter-broker throttle limit was set to 1 B\/s/,
    })
    t.same(await described('--topic', 'a'), replicas)
    for (const id of ['1', '2', '3']) t.same(await described('--broker', id), rates(1))
    const listed = await runHere(kafkaReassignPartitions, [...on, '--list', '--json'])
    const moving = { replicas: [3, 2, 1], addingReplicas: [3], removingReplicas: [1] }
    t.same(JSON.parse(listed.stdout), [{ topic: 'a', partition: 0, ...moving }])
    const { partitions, clearedThrottles } = JSON.parse((await run('--verify', '--json')).stdout)
    t.same([partitions.map(({ state }: { state: string }) => state), clearedThrottles], [['in progress'], null])
    const { stdout } = await run('--verify')
    t.match(stdout, /a-0 is still in progress/)
    t.notMatch(stdout, /Clearing/)
    t.match(await run('--execute', '--throttle', '2'), { code: 1, stdout: /Use --additional to override this/ })

    t.equal((await run('--execute', '--additional', '--throttle', '1000000000')).code, 0)
    t.same(await described('--topic', 'a'), replicas, 'who receives does not send, though it is a replica by now')
    for (const id of ['1', '2', '3']) t.same(await described('--broker', id), rates(1_000_000_000))
    let told = ''
    while (!told.includes('a-0 is completed')) told = (await run('--verify', '--preserve-throttles')).stdout
    t.same(await described('--topic', 'a'), replicas)

    const done = await run('--verify')
    t.match(
      done.stdout,
      'Clearing broker-level throttles on brokers 1,2,3\nClearing topic-level throttles on topic a\n',
    )
    t.same(await described('--topic', 'a'), [])
    for (const id of ['1', '2', '3']) t.same(await described('--broker', id), [])
  },
)
