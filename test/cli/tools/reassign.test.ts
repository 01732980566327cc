/** `ottla reassign` where there are several brokers. */
import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Cluster } from '../../../lib/broker.ts'
import { kafkaReassignPartitions } from '../../../lib/cli/tools/reassign.ts'
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
