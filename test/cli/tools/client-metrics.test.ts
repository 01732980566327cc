/** `ottla client-metrics`: subscriptions as JSON; the suite `tools` compares what it prints as Kafka's tool does. */
import t from 'tap'
import { kafkaClientMetrics } from '../../../lib/cli/tools/client-metrics.ts'
import { toolOn } from './cluster.ts'

const nothing = { code: 0, stdout: '', stderr: '' }

t.test('with --json subscriptions are listed and described as one array', async t => {
  const run = await toolOn(t, kafkaClientMetrics)
  for (const action of ['--list', '--describe'])
    t.same(await run(action, '--json'), { ...nothing, stdout: '[]\n' }, `${action} where there is none`)
  await run('--alter', '--name', 'b', '--metrics', 'org.apache.kafka.', '--interval', '60000')
  await run('--alter', '--name', 'a', '--match', 'client_id=x')
  t.same(await run('--list', '--json'), { ...nothing, stdout: '["a","b"]\n' })
  const described = JSON.parse((await run('--describe', '--json')).stdout)
  t.match(described, [
    { name: 'a', configs: { match: 'client_id=x' } },
    { name: 'b', configs: { metrics: 'org.apache.kafka.', 'interval.ms': '60000' } },
  ])
  const lines = (await run('--describe', '--name', 'b')).stdout.split('\n').slice(1, -1)
  const configs = Object.entries(described[1].configs).map(([name, value]) => `  ${name}=${value}`)
  t.same(lines, configs, 'the same settings as without it')
  t.same(JSON.parse((await run('--describe', '--json', '--name', 'b')).stdout), [described[1]])
  t.same(await run('--describe', '--json', '--name', 'c'), { ...nothing, stdout: '[]\n' })
})
