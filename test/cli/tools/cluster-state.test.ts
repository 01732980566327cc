/** `ottla cluster status` and its like, at three brokers of which one goes. */
import t from 'tap'
import { Cluster } from '../../../lib/broker.ts'
import { kafkaCluster } from '../../../lib/cli/tools/cluster.ts'
import { runHere } from './cluster.ts'

t.test('a cluster is told of as it is: who is there, who leads, and what is out of sync', async t => {
  const cluster = await Cluster.start({ ephemeral: true, port: 0, logLevel: 'error', topics: { a: 3 } })
  t.teardown(() => cluster.stop())
  const run = (...words: string[]) => runHere(kafkaCluster, [...words, '--bootstrap-server', cluster.bootstrap])
  const whole = await run('status', '--json')
  t.equal(whole.code, 0)
  t.match(JSON.parse(whole.stdout), {
    ...{ clusterId: cluster.clusterId, brokers: 3, fencedBrokers: 0, topics: 1, partitions: 3 },
    ...{ withoutLeader: 0, underReplicated: 0, notLedByPreferred: 0 },
  })
  t.same(await run('isr'), { code: 0, stdout: 'all replicas are in sync\n', stderr: '' })
  const leaders = JSON.parse((await run('leaders', '--json')).stdout)
  t.same(leaders.map(({ leader }: { leader: number }) => leader).sort(), [1, 2, 3])
  await cluster.broker(3).kill()
  t.match(await run('status'), {
    code: 1,
    stdout: /^brokers +2\n(?:.*\n)*under replicated +3\nnot led by preferred +1\n$/m,
  })
  const rows: { id: number; leads: number; replicas: number }[] = JSON.parse((await run('brokers', '--json')).stdout)
  t.match(
    rows,
    [
      { id: 1, replicas: 3 },
      { id: 2, replicas: 3 },
    ],
    'who is there',
  )
  t.equal(
    rows.reduce((sum, { leads }) => sum + leads, 0),
    3,
  )
  const isr = await run('isr', '--json')
  t.equal(isr.code, 1)
  t.same(
    JSON.parse(isr.stdout).map((row: { isr: number[] }) => [...row.isr].sort()),
    [
      [1, 2],
      [1, 2],
      [1, 2],
    ],
  )
})

t.test('what is not asked for well is told', async t => {
  t.match(await runHere(kafkaCluster, ['status', '--nonsense']), { code: 1, stderr: /nonsense/ })
  t.match(await runHere(kafkaCluster, ['status', '--help']), { code: 0, stdout: /status\|brokers\|leaders\|isr/ })
})
