/** `ottla log-dirs`: its JSON alone; the suite `tools` compares what it prints as Kafka's tool does. */
import t from 'tap'
import { Broker } from '../../../lib/broker.ts'
import { kafkaLogDirs } from '../../../lib/cli/tools/log-dirs.ts'
import { kafkaTopics } from '../../../lib/cli/tools/topics.ts'
import { runHere } from './cluster.ts'

t.test('with --json nothing stands before the JSON', async t => {
  const broker = await Broker.start({ port: 0, ephemeral: true, dev: true, logLevel: 'error' })
  t.teardown(() => broker.stop())
  const on = ['--bootstrap-server', broker.bootstrap]
  await runHere(kafkaTopics, [...on, '--create', '--topic', 'a'])
  const words = [...on, '--describe', '--topic-list', 'a']
  const { code, stdout, stderr } = await runHere(kafkaLogDirs, [...words, '--json'])
  t.same([code, stderr], [0, ''])
  t.match(JSON.parse(stdout), {
    version: 1,
    brokers: [{ broker: 1, logDirs: [{ error: null, partitions: [{ partition: 'a-0', size: 0, offsetLag: 0 }] }] }],
  })
  const lines = (await runHere(kafkaLogDirs, words)).stdout.split('\n')
  t.equal(`${lines[2]}\n`, stdout, 'the last line of what is printed without it')
})
