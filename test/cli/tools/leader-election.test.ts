/** `ottla leader-election`: its results as JSON; the suite `tools` compares what it prints as Kafka's tool does. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Cluster } from '../../../lib/broker.ts'
import { kafkaLeaderElection } from '../../../lib/cli/tools/leader-election.ts'
import { kafkaReassignPartitions } from '../../../lib/cli/tools/reassign.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { runHere } from './cluster.ts'

t.test('with --json each partition is told with what became of its election', async t => {
  const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error' })
  t.teardown(() => cluster.stop())
  const on = ['--bootstrap-server', cluster.bootstrap]
  await runHere(kafkaTopics, [...on, '--create', '--topic', 'a', '--replica-assignment', '1:2,2:1'])
  const directory = t.testdir()
  const file = (name: string, partitions: readonly object[]) => {
    writeFileSync(`${directory}/${name}`, JSON.stringify({ version: 1, partitions }))
    return `${directory}/${name}`
  }
  const plan = file('plan.json', [{ topic: 'a', partition: 0, replicas: [2, 1] }])
  t.match(await runHere(kafkaReassignPartitions, [...on, '--execute', '--reassignment-json-file', plan]), { code: 0 })
  const elect = (...words: string[]) =>
    runHere(kafkaLeaderElection, [...on, '--json', '--election-type', 'PREFERRED', ...words])
  const all = file('all.json', [
    { topic: 'a', partition: 0 },
    { topic: 'a', partition: 1 },
    { topic: 'a', partition: 7 },
  ])
  const { code, stdout, stderr } = await elect('--path-to-json-file', all)
  t.same([code, stderr], [1, '1 replica(s) could not be elected\n'])
  const [first, second, third, ...others] = JSON.parse(stdout)
  t.same(others, [])
  t.same(first, { topic: 'a', partition: 0, electionType: 'preferred', result: 'elected' })
  t.same(second, { topic: 'a', partition: 1, electionType: 'preferred', result: 'not needed' })
  t.match(third, { topic: 'a', partition: 7, result: 'failed', error: 'UNKNOWN_TOPIC_OR_PARTITION', message: String })
  t.match(await elect('--topic', 'a', '--partition', '0'), { code: 0, stdout: /"result":"not needed"/ })
})

t.test('with --json a word of advice goes to standard error', async t => {
  const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error', topics: { a: 1 } })
  t.teardown(() => cluster.stop())
  const file = `${t.testdir()}/client.properties`
  writeFileSync(file, 'client.id=x\n')
  const words = ['--bootstrap-server', cluster.bootstrap, '--election-type', 'preferred', '--admin.config', file]
  const only = ['--topic', 'a', '--partition', '0']
  const { stdout, stderr } = await runHere(kafkaLeaderElection, [...words, ...only, '--json'])
  t.match(JSON.parse(stdout), [{ topic: 'a', partition: 0 }])
  t.match(stderr, /^Option --admin\.config has been deprecated/)
})
