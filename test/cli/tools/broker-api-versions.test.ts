/** kafka-broker-api-versions: the form of Apache Kafka 4.4's tool, which health checks call. */
import t from 'tap'
import { kafkaBrokerApiVersions } from '../../../lib/cli/tools/broker-api-versions.ts'
import { kafkaCluster } from '../../../lib/cli/tools/cluster.ts'
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

t.test('with --json the APIs of each broker are one array, also by the name of ottla cluster', async t => {
  const run = await toolOn(t, kafkaBrokerApiVersions)
  const { code, stdout } = await run('--json')
  t.equal(code, 0)
  const [{ apis, ...broker }, ...others] = JSON.parse(stdout)
  t.same(others, [])
  t.match(broker, { id: 1, host: '127.0.0.1', port: Number, rack: null, isFenced: false })
  const api = (wanted: number) => apis.find(({ key }: { key: number }) => key === wanted)
  t.same(api(0), { key: 0, name: 'Produce', min: 0, max: 13, usable: 13 })
  t.same(api(46), { key: 46, name: 'ListPartitionReassignments', min: 0, max: 0, usable: 0 })
  const lines = (await run()).stdout.split('\n\t')
  t.equal(apis.length, lines.length - 1, 'as many as without it')
  const unsupported = lines.find(line => /: UNSUPPORTED,?$/.test(line))!
  t.match(api(Number(/\((\d+)\)/.exec(unsupported)![1])), { min: null, max: null, usable: null })
  const server = ['--bootstrap-server', `127.0.0.1:${broker.port}`]
  t.equal((await runHere(kafkaCluster, ['api-versions', ...server, '--json'])).stdout, stdout)
})

t.test('who cannot reach a broker is told so', async t => {
  t.match(await runHere(kafkaBrokerApiVersions, []), { code: 1, stderr: /^ottla kafka-broker-api-versions: / })
  t.match(await runHere(kafkaBrokerApiVersions, ['--command-config', 'any']), {
    code: 1,
    stderr: /^Missing required argument "\[bootstrap-server\]"\n/,
  })
  t.match(await runHere(kafkaBrokerApiVersions, ['--bootstrap-server', 'nonsense']), { code: 1, stderr: /host:port/ })
})
