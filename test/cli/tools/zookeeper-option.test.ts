/** Whoever names ZooKeeper inside a container means the broker there. */
import { mkdirSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { withoutZooKeeper } from '../../../lib/cli/tools/zookeeper-option.ts'
import { ManualClock } from '../../../lib/testing/clock.ts'

function at(readyFile: string | undefined) {
  return { readyFile, listener: undefined }
}

t.test('the broker of the container stands in for ZooKeeper, by a listener that asks for no login', async t => {
  const file = `${t.testdir()}/ready.json`
  mkdirSync(t.testdirName, { recursive: true })
  const listeners = [
    { name: 'SECURE', securityProtocol: 'SASL_SSL', address: 'localhost:9096' },
    { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', address: 'localhost:9093' },
    { name: 'BROKER', securityProtocol: 'PLAINTEXT', address: 'localhost:9092' },
  ]
  writeFileSync(file, JSON.stringify({ listeners }))
  const clock = new ManualClock()
  const broker = { readyFile: file, listener: 'BROKER' }
  t.same(await withoutZooKeeper(['--alter', '--zookeeper', 'localhost:2181', '--topic', 'a'], broker, clock), [
    ...['--alter', '--bootstrap-server', 'localhost:9092', '--topic', 'a'],
  ])
  const given = ['--zookeeper=z', '--list']
  t.same(await withoutZooKeeper(given, broker, clock), ['--bootstrap-server', 'localhost:9092', '--list'])
})

t.test('a broker that is not ready yet is waited for', async t => {
  const file = `${t.testdir()}/ready.json`
  const clock = new ManualClock()
  const waiting = withoutZooKeeper(['--zookeeper', 'z'], at(file), clock)
  writeFileSync(file, JSON.stringify({ listeners: [{ securityProtocol: 'PLAINTEXT', address: 'here:1' }] }))
  clock.advance(1_000)
  t.same(await waiting, ['--bootstrap-server', 'here:1'])
})

t.test('without such a broker the option is left to the tool', async t => {
  const argv = ['--zookeeper', 'localhost:2181', '--list']
  t.equal(await withoutZooKeeper(argv, at(undefined), new ManualClock()), argv)
  const schedule = (_: number, run: () => void) => {
    queueMicrotask(run)
    return { cancel: () => {} }
  }
  t.equal(await withoutZooKeeper(argv, at(`${t.testdir()}/none`), { schedule }), argv)
  t.same(await withoutZooKeeper(['--list'], at('file'), new ManualClock()), ['--list'])
})
