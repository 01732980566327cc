/** `ottla doctor`: what it says of a machine, a directory and a broker, and its exit code. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock } from '../../lib/base/clock.ts'
import { systemRandom } from '../../lib/base/random.ts'
import { systemErrorOf } from '../../lib/base/system-error.ts'
import { Broker } from '../../lib/broker.ts'
import { brokerFindings } from '../../lib/cli/doctor-broker.ts'
import { dataFindings } from '../../lib/cli/doctor-data.ts'
import { type Finding, sizeOf } from '../../lib/cli/doctor-finding.ts'
import { machineFindings, thisMachine } from '../../lib/cli/doctor-machine.ts'
import { systemNetwork } from '../../lib/network/tcp.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { diskFiles, type Files } from '../../storage/files.ts'
import { ottla, ottlaIn, serving } from './command.ts'

const textOf = (findings: readonly Finding[]) =>
  findings.map(({ level, about, text }) => `${level} ${about}: ${text}`).join('\n')

t.test('this machine is good enough for its own tests', async t => {
  const findings = await machineFindings(thisMachine(systemClock), '1.2.3')
  t.match(textOf(findings), /ok versions: Ottla 1\.2\.3 on Node/)
  t.match(textOf(findings), /ok codecs: gzip, snappy, lz4, zstd/)
  t.notOk(findings.some(({ level }) => level === 'fail'))
})

t.test('an old Node, missing packages, low limits and a clock that cannot be right are told', async t => {
  const load = () => Promise.reject(new Error('no binary'))
  const machine = { nodeVersion: '18.20.0', descriptors: 256, clock: new ManualClock({ now: 0 }), load }
  const text = textOf(await machineFindings(machine, '1.2.3'))
  t.match(text, /fail versions: .*Node 18\.20\.0.*Node 20\.19 is the oldest/)
  t.match(text, /warn packages: koffi does not load \(no binary\): large fetches/)
  t.match(text, /warn limits: .*256 files and connections.*ulimit -n 65536/)
  t.match(text, /fail clock: it is 1970-.*Set the clock/)
})

/** The real files, but for the space that is left. */
const withSpace = (usableBytes: number): Files => ({ ...diskFiles, usage: () => ({ usableBytes, totalBytes: 10e9 }) })
const mine = { files: withSpace(5e9), ownerOf: () => 1000, user: 1000 }

t.test('a data directory is whole, in use, somebody else’s, or not there', async t => {
  const directory = t.testdir()
  const data = join(directory, 'data')
  t.match(
    textOf(dataFindings(join(data, 'below'), mine)),
    /not there yet: the first start makes it, in .*\n.*may be written/,
  )
  const broker = await Broker.start({ port: 0, data })
  const { clusterId } = broker
  const used = textOf(dataFindings(data, { ...mine, files: diskFiles }))
  t.match(used, `data is of cluster ${clusterId}, node 1`)
  t.match(used, `process ${process.pid} uses`)
  await broker.stop()
  t.match(textOf(dataFindings(data, mine)), /no broker uses/)
  const refusing = {
    ...diskFiles,
    createExclusive: () => {
      throw systemErrorOf('EACCES', 'permission denied')
    },
  }
  const theirs = { files: refusing, ownerOf: () => 0, user: 1000 }
  t.match(
    textOf(dataFindings(data, theirs)),
    /fail data: .*may not be written .*it is user 0's, and this is user 1000: chown 1000/,
  )
  writeFileSync(join(data, 'meta.properties'), 'x\n')
  t.match(textOf(dataFindings(data, mine)), /fail data: .*no cluster\.id/)
  const other = join(directory, 'other')
  mkdirSync(other)
  t.match(textOf(dataFindings(other, mine)), /is empty/)
  writeFileSync(join(other, 'letter.txt'), '')
  t.match(textOf(dataFindings(other, mine)), /warn data: .*no data directory/)
  t.match(textOf(dataFindings(join(other, 'letter.txt'), mine)), /fail data: .*cannot be read as a directory/)
})

t.test('little space is told before it is gone', async t => {
  const data = t.testdir()
  t.match(textOf(dataFindings(data, { ...mine, files: withSpace(50e6) })), /fail data: 50 MB of 10 GB are free/)
  t.match(textOf(dataFindings(data, { ...mine, files: withSpace(500e6) })), /warn data: 500 MB of 10 GB are free/)
  t.same([sizeOf(999), sizeOf(1_500), sizeOf(72_000_000_000)], ['999 bytes', '1.5 KB', '72 GB'])
})

const world = { clock: systemClock, random: systemRandom, network: systemNetwork, timeoutMs: 5_000, isNamed: true }

async function told(t: Test, advertised?: string): Promise<string> {
  const properties: Record<string, string> = {}
  if (advertised !== undefined) properties['advertised.listeners'] = `PLAINTEXT://${advertised}`
  const broker = await Broker.start({ port: 0, ephemeral: true, properties })
  t.teardown(() => broker.stop())
  return textOf(await brokerFindings(broker.bootstrap, world))
}

t.test('clients that are told another address than they can reach are warned of', async t => {
  const local = await told(t)
  t.match(local, /ok broker: .* answers: cluster .*, one broker/)
  t.match(
    local,
    /ok clients: .*On this machine that works; in a container, or on another machine, 127\.0\.0\.1 is itself/,
  )
  t.match(local, /ok broker: a record was produced and consumed, and a group joined/)
  t.match(
    await told(t, 'kafka.invalid:9092'),
    /fail clients: .*node 1 is at kafka\.invalid:9092, .*the name kafka\.invalid is not known here; names of containers .*Set advertised\.listeners/,
  )
  t.match(await told(t, '127.0.0.1:1'), /fail clients: .*127\.0\.0\.1:1, .*nobody listens on port 1/)
  const other = await Broker.start({ port: 0, ephemeral: true })
  t.teardown(() => other.stop())
  t.match(await told(t, other.bootstrap), /fail clients: .*where another cluster answers/)
})

t.test('a broker that is not there fails only where it was named', async t => {
  t.match(
    textOf(await brokerFindings('127.0.0.1:1', world)),
    /^fail broker: no broker answers at 127\.0\.0\.1:1: the connection is refused/,
  )
  t.match(textOf(await brokerFindings('127.0.0.1:1', { ...world, isNamed: false })), /^ok broker: .*--bootstrap/)
})

t.test('the exit code says whether something fails', async t => {
  const directory = t.testdir()
  const broker = await serving(t, '--data', join(directory, 'ottla-data'))
  const good = ottlaIn(directory, 'doctor', '--bootstrap', `${broker.host}:${broker.port}`)
  t.match(good, { code: 0, stderr: '', stdout: /Nothing is in the way\.\n$/ })
  t.match(good.stdout, `process ${broker.process.pid} uses`)
  t.equal(await broker.end('SIGTERM'), 0)
  const bad = ottlaIn(directory, 'doctor', '--bootstrap', '127.0.0.1:1')
  t.match(bad, { code: 1, stdout: /FAIL {2}broker .*\n\nOne thing fails; see above\.\n$/ })
  t.match(ottla('doctor', '--help'), { code: 0, stdout: /--bootstrap/ })
  t.match(ottla('doctor', '--timeout', 'x'), { code: 1, stderr: /milliseconds/ })
  t.match(ottla('doctor', '--bootstrap', 'x'), { code: 1, stderr: /host:port/ })
})
