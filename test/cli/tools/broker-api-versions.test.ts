/** kafka-broker-api-versions: the form of Apache Kafka 4.4's tool, which health checks call. */
import t from 'tap'
import { kafkaBrokerApiVersions } from '../../../lib/cli/tools/broker-api-versions.ts'
import { runHere, toolOn } from './cluster.ts'

t.test('each API is told with the versions that the broker serves', async t => {
  const run = await toolOn(t, kafkaBrokerApiVersions)
  const { code, stdout } = await run()
  t.equal(code, 0)
  t.match(
    stdout,
    /^127\.0\.0\.1:\d+ \(id: 1 rack: null isFenced: false\) -> \(\n\tProduce\(0\): 0 to 13 \[usable: 13\],\n\tFetch\(1\): \d to 18 \[usable: 18\],\n/,
  )
  t.match(stdout, /\n\tListPartitionReassignments\(46\): 0 \[usable: 0\],\n/)
  t.match(stdout, /\): UNSUPPORTED,\n/, 'what is not served')
  t.match(stdout, /[^,]\n\)\n$/)
})

t.test('who cannot reach a broker is told so', async t => {
  t.match(await runHere(kafkaBrokerApiVersions, []), { code: 1, stderr: /^ottla kafka-broker-api-versions: / })
  t.match(await runHere(kafkaBrokerApiVersions, ['--command-config', 'any']), {
    code: 1,
    stderr: /^Missing required argument "\[bootstrap-server\]"\n/,
  })
  t.match(await runHere(kafkaBrokerApiVersions, ['--bootstrap-server', 'nonsense']), { code: 1, stderr: /host:port/ })
})
