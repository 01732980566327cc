/**
 * librdkafka's own tests, unchanged, against three brokers in racks and etcd. What a test cannot do with such a cluster it says itself, and
 * counts as skipped.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { etcdMissing } from '../../test/metadata/etcd-server.ts'
import { ClusterOfProcesses } from '../cluster/brokers.ts'
import { runScenarios, type Scenario, Skipped } from '../scenario.ts'
import { isOfShareGroups, notRun } from './skipped.ts'
import {
  fetchTests,
  librariesPath,
  librdkafkaVersion,
  type NamedTest,
  testRunner,
  testsDirectory,
  testsWithBroker,
} from './source.ts'

const command = fileURLToPath(new URL('../../dist/ottla.cjs', import.meta.url))

/** What librdkafka's own set-up gives its brokers. */
const settings = [
  'num.partitions=4',
  'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found=true',
  // Nothing is killed here, and a machine that is busy with clients is not to pass for a dead broker.
  'broker.session.timeout.ms=9000',
]

/** A version of Apache Kafka that has all that is served, and no share groups. */
const kafkaVersion = '4.0.0'
/** The longest test takes ten minutes on a machine that does nothing else. */
const testMsMax = 1_800_000
/** There is nothing to run here. */
const notHere = 77

/** Answers how many tests failed. With `full` also the parts that librdkafka leaves out in its quick mode; numbers choose tests. */
export async function librdkafka({
  full = false,
  rest = [],
}: {
  readonly full?: boolean
  readonly rest?: readonly string[]
} = {}): Promise<number> {
  const missing = etcdMissing || fetchTests()
  if (missing) {
    console.error(`librdkafka's tests are not run: ${missing}`)
    process.exit(notHere)
  }
  const unknown = rest.filter(word => !testsWithBroker().some(({ number }) => number === word))
  if (unknown.length > 0)
    throw new Error(`librdkafka has no test of this number that needs a broker: ${unknown.join(', ')}`)
  const directory = mkdtempSync(join(tmpdir(), 'ottla-librdkafka-'))
  let failed = 0
  try {
    layTools(directory)
    for (const scenario of ['default', 'noautocreate'] as const) {
      const tests = testsWithBroker().filter(test => test.scenario === scenario && isWanted(test, rest))
      if (tests.length === 0) continue
      const more = [...settings, `auto.create.topics.enable=${scenario === 'default'}`]
      const brokers = await ClusterOfProcesses.start(id => [...more, `broker.rack=RACK${id}`])
      try {
        failed += await runScenarios(
          `librdkafka ${librdkafkaVersion}'s tests, scenario ${scenario}`,
          tests.map(test => scenarioOf(test, brokers.bootstrap, directory, full, rest)),
        )
      } finally {
        await brokers.close()
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return failed
}

function isWanted({ number }: NamedTest, chosen: readonly string[]): boolean {
  return chosen.length === 0 ? !isOfShareGroups(number) : chosen.includes(number)
}

/** Kafka's tools as the tests call them, by ours. */
function layTools(directory: string): void {
  mkdirSync(join(directory, 'bin'))
  for (const tool of ['kafka-topics', 'kafka-acls']) {
    const script = join(directory, 'bin', `${tool}.sh`)
    writeFileSync(script, `#!/bin/sh\nexec "${process.execPath}" "${command}" ${tool} "$@"\n`)
    chmodSync(script, 0o755)
  }
}

function scenarioOf(
  test: NamedTest,
  bootstrap: string,
  directory: string,
  full: boolean,
  chosen: readonly string[],
): Scenario {
  const reason = chosen.includes(test.number) ? undefined : notRun[test.number]
  return {
    name: `${test.number} ${test.name}`,
    msMax: testMsMax,
    ...(reason === undefined ? {} : { skipped: reason }),
    run: () => runTest(test, bootstrap, directory, full),
  }
}

/** Runs one test by librdkafka's own runner; throws what it says of the first failure. */
async function runTest(
  { number, scenario }: NamedTest,
  bootstrap: string,
  directory: string,
  full: boolean,
): Promise<undefined> {
  const conf = join(directory, 'test.conf')
  writeFileSync(conf, `bootstrap.servers=${bootstrap}\ntest.timeout.multiplier=3\n`)
  const child = spawn(testRunner, ['-p1', '-L', '-s', scenario, ...(full ? [] : ['-Q'])], {
    cwd: testsDirectory,
    env: {
      ...process.env,
      ...{ TESTS: number, TEST_KAFKA_VERSION: kafkaVersion, RDKAFKA_TEST_CONF: conf },
      ...{ BROKERS: bootstrap, KAFKA_PATH: directory, LD_LIBRARY_PATH: librariesPath },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  const timer = setTimeout(() => child.kill('SIGKILL'), testMsMax - 5_000)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  return judge(output, number, code as number | null, signal as string | null)
}

/** What a run's output says of a test: throws what it says of the first failure, or why it was skipped. */
function judge(output: string, number: string, code: number | null, signal: string | null): undefined {
  const plain = stripVTControlCharacters(output)
  const rows = [...plain.matchAll(/^\| (\d{4})_\w+ +\| +(\w+) \| +[\d.]+s \| ?(.*)$/gm)]
  const parts = rows.filter(row => row[1] === number)
  if (code !== 0 || parts.length === 0) {
    const failure = /TEST FAILURE\n### (.*)\n(.*)/.exec(plain)
    const words = failure === null ? plain.trim().split('\n').at(-1) : `${failure[1]} ${failure[2]}`
    throw new Error(`${signal ?? `code ${code}`}: ${words}`)
  }
  if (parts.every(([, , state]) => state === 'SKIPPED')) throw new Skipped(`it skips itself: ${parts[0]![3]!.trim()}`)
}
