/** `ottla reassign --json`: what is proposed, begun, under way and done, as objects. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Cluster } from '../../../lib/broker.ts'
import { kafkaReassignPartitions } from '../../../lib/cli/tools/reassign.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { runHere } from './cluster.ts'

t.test('with --json a plan is proposed, listed, carried out and verified as objects', async t => {
  const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error' })
  t.teardown(() => cluster.stop())
  const on = ['--bootstrap-server', cluster.bootstrap]
  await runHere(kafkaTopics, [...on, '--create', '--topic', 'a', '--replica-assignment', '1:2,2:1'])
  const file = (name: string, content: object) => {
    const path = `${directory}/${name}`
    writeFileSync(path, JSON.stringify(content))
    return path
  }
  const directory = t.testdir()
  const run = (...words: string[]) => runHere(kafkaReassignPartitions, [...on, '--json', ...words])
  const told = async (...words: string[]) => JSON.parse((await run(...words)).stdout)

  const topics = file('topics.json', { version: 1, topics: [{ topic: 'a' }] })
  const { current, proposed } = await told('--generate', '--topics-to-move-json-file', topics, '--broker-list', '3,2')
  const replicasIn = ({ partitions }: { partitions: { replicas: number[] }[] }) => partitions.map(each => each.replicas)
  t.same(
    [replicasIn(current), replicasIn(proposed)],
    [
      [
        [1, 2],
        [2, 1],
      ],
      [
        [3, 2],
        [2, 3],
      ],
    ],
  )
  const plan = file('plan.json', proposed)
  t.same(await run('--list'), { code: 0, stdout: '[]\n', stderr: '' })

  const before = await told('--verify', '--preserve-throttles', '--reassignment-json-file', plan)
  t.same(before, {
    partitions: [
      { topic: 'a', partition: 0, state: 'not active', replicas: [1, 2], wantedReplicas: [3, 2] },
      { topic: 'a', partition: 1, state: 'not active', replicas: [2, 1], wantedReplicas: [2, 3] },
    ],
    moves: [],
    clearedThrottles: null,
  })
  const executed = await told('--execute', '--reassignment-json-file', plan)
  t.same([replicasIn(executed.current), replicasIn(executed.started)], [replicasIn(current), replicasIn(proposed)])
  t.same(executed.moves, [])
  let verified = await told('--verify', '--reassignment-json-file', plan)
  while (verified.clearedThrottles === null) verified = await told('--verify', '--reassignment-json-file', plan)
  t.same(verified, {
    partitions: [
      { topic: 'a', partition: 0, state: 'completed', replicas: [3, 2], wantedReplicas: [3, 2] },
      { topic: 'a', partition: 1, state: 'completed', replicas: [2, 3], wantedReplicas: [2, 3] },
    ],
    moves: [],
    clearedThrottles: { brokers: [1, 2, 3], topics: ['a'] },
  })
})
