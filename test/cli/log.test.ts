/** `ottla log` on data directories that are sound, torn, damaged and in use. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Io } from '../../lib/cli/io.ts'
import { log } from '../../lib/cli/log.ts'
import { main } from '../../lib/cli/main.ts'
import { encode } from '../../protocol/codec.ts'
import { buildBatch } from '../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../protocol/records/control.ts'
import { OffsetCommitKey, OffsetCommitValue } from '../../protocol/stored/offset-commit.ts'
import { LogDirectory } from '../../storage/directory.ts'
import { diskFiles } from '../../storage/files.ts'
import { defaultLogConfig } from '../../storage/log.ts'
import { batchOf, startMs } from '../storage/fixture.ts'

const topicId = 'Ix7fU4oaTj2qjobMGL43vQ'
const client = { origin: 'client', leaderEpoch: 3 } as const

function open(path: string): LogDirectory {
  return LogDirectory.open(path, {
    files: diskFiles,
    nodeId: 1,
    clusterId: 'MkU3OEVBNTcwNTJENDM2Qk',
    uuid: () => 'AAAAAAAAAAAAAAAAAAAAAA',
    now: () => startMs,
    schedule: run => queueMicrotask(run),
    producerIdExpirationMs: () => 86_400_000,
  })
}

/** A directory of two partitions: one with three segments, a producer and an aborted transaction, and one of group offsets. */
async function fill(path: string): Promise<void> {
  const directory = open(path)
  const config = { ...defaultLogConfig, indexIntervalBytes: 100, segmentBytes: 2_000 }
  const orders = directory.openLog('orders', 0, topicId, config)
  for (let index = 0; index < 40; index++) {
    orders.append(batchOf([`value ${index}`.padEnd(80, '.')], { timestamp: startMs + index }), client)
  }
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  orders.append(batchOf(['never'], producer), client)
  const ended = { type: 'ABORT', producerId: 7, producerEpoch: 0, coordinatorEpoch: 2, timestamp: startMs } as const
  orders.append(endTransactionMarker(ended), { origin: 'coordinator', leaderEpoch: 3 })
  const offsets = directory.openLog('__consumer_offsets', 0, topicId, defaultLogConfig)
  const key = prefixed(1, encode(OffsetCommitKey, 0, { group: 'g', topic: 'orders', partition: 0 }))
  const committed = { offset: 12, leaderEpoch: 3, metadata: 'm', commitTimestamp: startMs }
  offsets.append(
    buildBatch({
      records: [
        { timestamp: startMs, key, value: prefixed(3, encode(OffsetCommitValue, 3, committed)) },
        { timestamp: startMs, key, value: null },
        { timestamp: startMs, key: Buffer.from('00630000', 'hex'), value: Buffer.from([0]) },
        { timestamp: startMs, key: Buffer.from('0001', 'hex'), value: null },
      ],
    }),
    client,
  )
  await orders.flush()
  await directory.close()
}

function prefixed(prefix: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, prefix]), bytes])
}

async function run(...argv: string[]): Promise<{ code: number; out: string; errors: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const chunks: Buffer[] = []
  stdout.on('data', chunk => void chunks.push(chunk))
  const code = await log(argv, { stdin: process.stdin, stdout, stderr, once() {}, off() {} } as unknown as Io)
  await new Promise(resolve => stdout.end(resolve))
  return { code, out: Buffer.concat(chunks).toString('utf8'), errors: stderr.read()?.toString() ?? '' }
}

async function dumped(...argv: string[]): Promise<Record<string, unknown>[]> {
  const { out } = await run('dump', ...argv)
  return out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

const segments = (path: string) =>
  readdirSync(`${path}/orders-0`)
    .filter(name => name.endsWith('.log'))
    .map(name => name.slice(0, -4))
    .sort()

t.test('a sound directory, and each partition by itself, checks with code 0', async t => {
  const path = t.testdir()
  await fill(path)
  t.same(await run('check', path), { code: 0, out: 'sound: 2 partitions, 43 batches, 46 records\n', errors: '' })
  t.match(await run('check', `${path}/orders-0/`), { code: 0, out: /^sound: 1 partition, 42 batches/ })
  t.match(await run('repair', path), { code: 0, out: /^2 partitions, 0 repaired, 0 findings left\n$/ })
  t.ok(existsSync(`${path}/.kafka_cleanshutdown`))
  const lone = `${path}/lone`
  mkdirSync(lone)
  mkdirSync(`${lone}/copy`)
  for (const name of readdirSync(`${path}/orders-0`)) {
    writeFileSync(`${lone}/copy/${name}`, readFileSync(`${path}/orders-0/${name}`))
  }
  t.match(await run('check', `${lone}/copy`), { code: 0 })
  t.match(await run('repair', `${lone}/copy`), { code: 0 })
})

t.test('what is damaged is found, repaired, and sound again', async t => {
  const path = t.testdir()
  await fill(path)
  const at = `${path}/orders-0`
  const names = segments(path)
  const [first, second] = names
  const last = names[names.length - 1]
  const before = await dumped(at, '--records')

  writeFileSync(`${at}/${first}.index`, Buffer.alloc(24, 1))
  rmSync(`${at}/${second}.timeindex`)
  const txnindex = readdirSync(at).filter(name => name.endsWith('.txnindex'))
  t.equal(txnindex.length, 1)
  truncateSync(`${at}/${txnindex[0]}`, 0)
  writeFileSync(`${at}/${last}.snapshot`, 'nonsense')
  writeFileSync(`${at}/leader-epoch-checkpoint`, '0\n1\n2 0\n')
  writeFileSync(`${at}/00000000000000000099.index`, '')
  writeFileSync(`${at}/00000000000000000007.log.deleted`, 'old')
  appendFileSync(`${at}/${last}.log`, Buffer.alloc(100, 3))
  writeFileSync(`${path}/replication-offset-checkpoint.tmp`, '')
  mkdirSync(`${path}/gone-0.0123-delete`)

  const found = await run('check', path)
  t.equal(found.code, 1)
  for (const finding of [
    /orders-0: \d+\.index: entry 0 says offset/,
    /orders-0: \d+\.timeindex: ends with timestamp -1/,
    /orders-0: \d+\.txnindex: lacks/,
    /orders-0: \d+\.snapshot: cannot be read/,
    /is of leader epoch 3, the checkpoint says 2/,
    /orders-0: \d+\.log: 100 bytes at \d+ are no whole batch/,
    /orders-0: 0{18}99\.index: has no log/,
    /findings in 1 of 2 partitions[\s\S]*ottla log repair /,
  ]) {
    t.match(found.out, finding)
  }

  const repaired = await run('repair', path)
  t.equal(repaired.code, 0, repaired.out)
  for (const line of [
    /removed gone-0\.0123-delete/,
    /removed replication-offset-checkpoint\.tmp/,
    /orders-0: cut 100 bytes off \d+\.log at \d+; the log ends at offset 42/,
    /orders-0: removed .*0{18}99\.index.*07\.log\.deleted|orders-0: removed .*07\.log\.deleted.*99\.index/,
    /orders-0: wrote .*leader-epoch-checkpoint.* anew/,
    /2 partitions, 1 repaired, 0 findings left/,
  ]) {
    t.match(repaired.out, line)
  }
  t.match(await run('check', path), { code: 0 })
  const kept = (lines: Record<string, unknown>[]) =>
    lines.filter(({ type }) => type === 'record' || type === 'txnindex')
  t.same(kept(await dumped(at, '--records')), kept(before))
  t.match(await run('repair', path), { code: 0, out: /^2 partitions, 0 repaired/ })

  const directory = open(path)
  t.equal(directory.openLog('orders', 0, topicId, defaultLogConfig).logEndOffset, 42)
  await directory.close()
})

t.test('records behind damage are only given up when that is asked for', async t => {
  const path = t.testdir()
  await fill(path)
  const [, second] = segments(path)
  const file = `${path}/orders-0/${second}.log`
  const content = readFileSync(file)
  content[300] = content[300]! ^ 1
  writeFileSync(file, content)
  t.match(await run('check', path), { code: 1, out: /has a wrong checksum/ })
  const refused = await run('repair', path)
  t.equal(refused.code, 1)
  t.match(
    refused.out,
    /orders-0: left as it is: \d+\.log is damaged at byte \d+, .*--cut-damage gives up all \d+ bytes/,
  )
  t.same(readFileSync(file), content)

  const cut = await run('repair', path, '--cut-damage')
  t.equal(cut.code, 0, cut.out)
  t.match(cut.out, /cut \d+ bytes off \d+\.log at \d+, and \d+ in the segments behind it/)
  t.match(cut.out, /orders-0: recovery-point-offset-checkpoint said 42, beyond the log's end \d+/)
  t.match(await run('check', path), { code: 0 })
})

t.test('within the last segment, too, a torn end is told from damage', async t => {
  const path = t.testdir()
  await fill(path)
  const [last] = segments(path).slice(-1)
  const file = `${path}/orders-0/${last}.log`
  const content = readFileSync(file)
  const spoilt = (...at: number[]) => {
    const copy = Buffer.from(content)
    for (const position of at) copy[position] = copy[position]! ^ 1
    return copy
  }
  writeFileSync(file, spoilt(70))
  t.match(await run('repair', path), { code: 1, out: /left as it is/ })
  // Not even its length is true any more.
  writeFileSync(file, spoilt(9))
  t.match(await run('repair', path), { code: 1, out: /left as it is/ })
  writeFileSync(file, spoilt(content.length - 1))
  t.match(await run('repair', path), { code: 0, out: /orders-0: cut 78 bytes off/ })
})

t.test('a directory in use is not repaired, and checked with a warning', async t => {
  const path = t.testdir()
  await fill(path)
  const directory = open(path)
  t.match(await run('check', path), { code: 0, errors: /process \d+ has .* open/ })
  await t.rejects(run('repair', path), /is in use/)
  await t.rejects(run('repair', `${path}/orders-0`), /is in use/)
  await directory.close()
  t.match(await run('repair', path), { code: 0 })
})

t.test('checkpoints that cannot be read, or promise too much, are found and put right', async t => {
  const path = t.testdir()
  await fill(path)
  writeFileSync(`${path}/log-start-offset-checkpoint`, 'nonsense')
  writeFileSync(`${path}/recovery-point-offset-checkpoint`, '0\n1\norders 0 99\n')
  const found = await run('check', path)
  t.equal(found.code, 1)
  t.match(found.out, /log-start-offset-checkpoint cannot be read/)
  t.match(found.out, /orders-0: the recovery point 99 is beyond the log's end 42/)
  const repaired = await run('repair', path)
  t.match(repaired.out, /removed log-start-offset-checkpoint/)
  t.match(repaired.out, /recovery-point-offset-checkpoint said 99/)
  t.equal(repaired.code, 0, repaired.out)
  t.match(await run('check', path), { code: 0 })
})

t.test('everything in the files is dumped, group offsets as the messages they are', async t => {
  const path = t.testdir()
  await fill(path)
  const all = await dumped(path, '--records')
  const of = (type: string) => all.filter(line => line.type === type)
  t.match(of('meta'), [{ 'node.id': '1', 'cluster.id': 'MkU3OEVBNTcwNTJENDM2Qk' }])
  t.match(of('checkpoint').slice(0, 1), [{ topic: 'orders', partition: 0, offset: 42 }])
  t.match(of('partition'), [{ topic: '__consumer_offsets', partition: 0, topicId }, { topic: 'orders' }])
  t.match(of('leaderEpoch'), [
    { leaderEpoch: 3, startOffset: 0 },
    { leaderEpoch: 3, startOffset: 0 },
  ])
  t.ok(of('index').length > 10 && of('timeindex').length > 10)
  t.match(of('txnindex'), [{ producerId: 7, firstOffset: 40, lastOffset: 41, lastStableOffset: 42 }])
  t.match(of('producer').slice(-1), [{ producerId: 7, lastSequence: 0, lastOffset: 40, coordinatorEpoch: 2 }])
  t.match(of('batch').slice(-2), [
    { baseOffset: 40, sound: true, compression: 'none', transactional: true, producerId: 7, baseSequence: 0 },
    { baseOffset: 41, control: true, sizeInBytes: 78 },
  ])
  t.match(of('record').slice(-3), [
    { offset: 39, timestamp: startMs + 39, key: 'k', value: /^value 39/ },
    { offset: 40, value: 'never' },
    { offset: 41, control: 'ABORT', keyHex: '00000000' },
  ])
  t.match(of('record').slice(0, 4), [
    {
      key: { message: 'OffsetCommitKey', version: 0, json: { group: 'g', topic: 'orders', partition: 0 } },
      value: { message: 'OffsetCommitValue', version: 3, json: { offset: 12, metadata: 'm' } },
    },
    { offset: 1, value: null },
    { offset: 2, keyHex: '00630000', error: 'a key of unknown type' },
    { offset: 3, keyHex: '0001', error: /bytes needed/ },
  ])

  const some = await dumped(`${path}/orders-0`, '--offset', '38', '--limit', '2', '--records')
  t.same(
    some.filter(({ type }) => type === 'record').map(({ offset }) => offset),
    [38, 39, 40],
  )
  t.equal(some.filter(({ type }) => type === 'meta').length, 0)
  const last = `${path}/orders-0/${segments(path).slice(-1)}.log`
  truncateSync(last, readFileSync(last).length - 1)
  t.match(
    (await dumped(`${path}/orders-0`)).slice(-6).filter(({ type }) => type === 'damage'),
    [{ bytes: 77 }],
  )
})

t.test('a dump ends quietly when nobody reads on', async t => {
  const path = t.testdir()
  await fill(path)
  const stdout = new PassThrough({ highWaterMark: 1 })
  const done = log(['dump', path, '--records'], { stdout } as unknown as Io)
  while (stdout.writableLength === 0) await new Promise(setImmediate)
  stdout.destroy(Object.assign(new Error('EPIPE'), { code: 'EPIPE' }))
  t.equal(await done, 0)
})

t.test('what cannot be done is refused with what to do', async t => {
  const path = t.testdir({ empty: {} })
  await t.rejects(run('check', `${path}/none`), /cannot be listed/)
  await t.rejects(run('check', `${path}/empty`), /holds no log; name a data directory/)
  await t.rejects(run('check'), /takes one of check, dump and repair/)
  await t.rejects(run('mend', path), /takes one of check, dump and repair/)
  await t.rejects(run('check', path, '--records'), /ottla log check has no --records/)
  await t.rejects(run('check', path, '--what'), /--what/)
  await fill(path)
  await t.rejects(run('dump', path, '--limit', 'x'), /--limit x is no number/)
  t.match(await run('--help'), { code: 0, out: /ottla log check\|dump\|repair DIR/ })
  const stderr = new PassThrough()
  t.equal(await main(['log', 'check', `${path}/none`], { stderr } as unknown as Io), 1)
  t.match(String(stderr.read()), /^ottla: .*cannot be listed/)
})
