/** kafka-delete-records: its result as JSON, which Kafka's tool does not have. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { kafkaDeleteRecords } from '../../../lib/cli/tools/delete-records.ts'
import { ClusterOfOne } from '../../client/cluster-of-one.ts'
import { runHere } from './cluster.ts'

t.test('each partition has its new beginning, or what is wrong', async t => {
  const cluster = await ClusterOfOne.start(t, { a: 1 })
  await cluster.produce('a', ['0', '1', '2'])
  const file = join(t.testdir(), 'offsets.json')
  const partitions = [
    { topic: 'a', partition: 0, offset: 2 },
    { topic: 'a', partition: 1, offset: 2 },
  ]
  writeFileSync(file, JSON.stringify({ version: 1, partitions }))
  const args = ['--bootstrap-server', cluster.broker.bootstrap, '--offset-json-file', file]
  const { code, stdout } = await runHere(kafkaDeleteRecords, [...args, '--json'])
  t.equal(code, 0)
  t.same(JSON.parse(stdout), [
    { topic: 'a', partition: 0, lowWatermark: 2 },
    { topic: 'a', partition: 1, error: 'UNKNOWN_TOPIC_OR_PARTITION' },
  ])
})
