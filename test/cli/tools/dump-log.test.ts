/** kafka-dump-log in our words of the command line: what it prints of files, and what it says of those that do not fit together. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { kafkaDumpLog } from '../../../lib/cli/tools/dump-log.ts'
import { buildBatch } from '../../../protocol/records/batch.ts'
import { endTransactionMarker } from '../../../protocol/records/control.ts'
import { runHere } from './cluster.ts'

const timestamp = 1_600_000_000_000
const name = '00000000000000000000'
const batch = buildBatch({
  partitionLeaderEpoch: 3,
  records: [
    { timestamp, key: Buffer.from('k'), value: Buffer.from('a'), headers: [{ key: 'h', value: null }] },
    { timestamp: timestamp + 1, key: null, value: null },
  ],
})
const marker = endTransactionMarker({
  ...{ type: 'COMMIT', producerId: 7, producerEpoch: 1, coordinatorEpoch: 2, timestamp, baseOffset: 5, leaderEpoch: 3 },
})

function files(t: Test, contents: Readonly<Record<string, Buffer>>) {
  const directory = t.testdir()
  for (const [kind, bytes] of Object.entries(contents)) writeFileSync(join(directory, `${name}.${kind}`), bytes)
  return (kind: string) => join(directory, `${name}.${kind}`)
}

function entry(offset: number, position: number): Buffer {
  const b = Buffer.alloc(8)
  b.writeInt32BE(offset, 0)
  b.writeInt32BE(position, 4)
  return b
}

t.test('batches are printed with what is known of each record, and its key and value', async t => {
  const path = files(t, { log: Buffer.concat([batch, marker, Buffer.alloc(20, 1)]) })('log')
  const { code, stdout, stderr } = await runHere(kafkaDumpLog, ['--files', path, '--print-data-log'])
  t.equal(code, 0)
  const lines = stdout.split('\n')
  t.same(lines.slice(0, 2), [`Dumping ${path}`, 'Log starting offset: 0'])
  t.match(lines[2], /^baseOffset: 0 lastOffset: 1 count: 2 .* partitionLeaderEpoch: 3 .* isvalid: true$/)
  t.equal(
    lines[3],
    `| offset: 0 CreateTime: ${timestamp} keySize: 1 valueSize: 1 sequence: -1 headerKeys: [h] key: k payload: a`,
  )
  t.equal(lines[4], `| offset: 1 CreateTime: ${timestamp + 1} keySize: -1 valueSize: -1 sequence: -1 headerKeys: []`)
  t.match(lines[6], /endTxnMarker: COMMIT coordinatorEpoch: 2$/)
  t.equal(lines[7], `Found 20 invalid bytes at the end of ${name}.log`)
  t.equal(stderr, `Non-consecutive offsets in ${path}\n  1 is followed by 5\n`)
})

t.test('an index is compared with its log', async t => {
  const path = files(t, { log: batch, index: Buffer.concat([entry(1, 0)]) })('index')
  const sound = await runHere(kafkaDumpLog, ['--files', path])
  t.equal(sound.stdout, `Dumping ${path}\noffset: 1 position: 0\n`)
  t.equal(sound.stderr, '')
  writeFileSync(path, entry(2, 0))
  const wrong = await runHere(kafkaDumpLog, ['--files', path, '--verify-index-only'])
  t.equal(wrong.stdout, `Dumping ${path}\n`)
  t.equal(wrong.stderr, `Mismatches in :${path}\n  Index offset: 2, log offset: 1\n`)
})

t.test('a length that none can have ends it with a sentence', async t => {
  const path = files(t, { log: Buffer.concat([batch, Buffer.alloc(100)]) })('log')
  const { code, stderr } = await runHere(kafkaDumpLog, ['--files', path])
  t.equal(code, 1)
  t.match(stderr, /^Found record size 0 smaller than minimum record overhead \(14\) in file /)
})

t.test('records of a topic of the broker’s own need a key, and others are passed over', async t => {
  const other = buildBatch({ records: [{ timestamp, key: Buffer.from([0, 99]), value: null }] })
  const path = files(t, { log: Buffer.concat([other, batch]) })('log')
  const { code, stdout, stderr } = await runHere(kafkaDumpLog, ['--files', path, '--offsets-decoder'])
  t.match(stdout, 'key: Unknown record type 99 at offset 0, skipping.\n')
  t.equal(code, 1)
  t.match(stderr, 'Failed to decode message at offset 1 using the specified decoder (message had a missing key)')
})
