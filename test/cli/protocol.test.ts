/** `ottla protocol` from lines in to lines out. */
import { readFileSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import type { Io } from '../../lib/cli/io.ts'
import { protocol } from '../../lib/cli/protocol.ts'

async function run(name: string, input: Iterable<Buffer | string>): Promise<{ code: number; lines: string[] }> {
  const stdout = new PassThrough()
  const chunks: Buffer[] = []
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const io = { stdin: Readable.from(input), stdout, stderr: new PassThrough() } as unknown as Io
  const code = await protocol([name], io)
  stdout.end()
  const lines = Buffer.concat(chunks).toString('utf8').split('\n')
  if (lines.pop() !== '') throw new Error('the last line does not end')
  return { code, lines }
}

async function answers(name: string, lines: readonly object[]): Promise<Record<string, unknown>[]> {
  const { lines: out } = await run(name, [lines.map(line => `${JSON.stringify(line)}\n`).join('')])
  return out.map(line => JSON.parse(line))
}

t.test("Apache Kafka's messages decode and encode, a line for each, in order", async t => {
  const file = gunzipSync(readFileSync(new URL('../fixtures/messages.jsonl.gz', import.meta.url)))
  const vectors = file
    .toString('utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const pieces: Buffer[] = []
  for (let at = 0; at < file.length; at += 65_521) pieces.push(file.subarray(at, at + 65_521))
  const decoded = await run('decode', pieces)
  t.equal(decoded.code, 0)
  t.equal(decoded.lines.length, vectors.length)
  t.equal(
    decoded.lines.findIndex((line, i) => line !== JSON.stringify({ json: vectors[i].json })),
    -1,
  )
  const encoded = await run('encode', pieces)
  t.equal(encoded.lines.length, vectors.length)
  t.equal(
    encoded.lines.findIndex((line, i) => line !== JSON.stringify({ hex: vectors[i].hex })),
    -1,
  )
})

t.test('int64 is exact on the command line', async t => {
  const json =
    '{"producerId":9223372036854775807,"firstOffset":-9223372036854775808,"lastOffset":9007199254740993,"lastStableOffset":1}'
  const encoded = await run('encode', [`{"message":"AbortedTxn","version":0,"json":${json}}`])
  const hex = '00007fffffffffffffff800000000000000000200000000000010000000000000001'.slice(4)
  t.same(encoded.lines, [`{"hex":"${hex}"}`])
  const decoded = await run('decode', [`{"message":"AbortedTxn","version":0,"hex":"${hex}"}\n`])
  t.same(decoded.lines, [`{"json":${json}}`])
})

t.test('what cannot be done is answered on its line with what is wrong, and the next lines go on', async t => {
  const message = 'MetadataRequest'
  t.same(
    await answers('decode', [
      { message: 'NoSuchRequest', version: 0, hex: '' },
      { version: 0, hex: '' },
      { message, version: 99, hex: '00' },
      { message, hex: '00' },
      { message, version: 0 },
      { message, version: 0, hex: '0' },
      { message, version: 0, hex: '00zz' },
      { message, version: 0, hex: '000000010005616263' },
      { message, version: 0, hex: '0000000000' },
      { message, version: 1, hex: 'ffffffff' },
    ]),
    [
      { error: 'unknown message NoSuchRequest' },
      { error: 'the line has no "message"' },
      { error: 'MetadataRequest has no version 99, only 0 to 13' },
      { error: 'the line has no "version" that is a number' },
      { error: 'the line has no "hex" that is a string' },
      { error: '"hex" has an odd number of digits, and so half of byte 0' },
      { error: '"hex" has something else than a hexadecimal digit, for byte 1' },
      { error: 'bytes needed: 5, left: 3, at byte 6 in field topics[0].name' },
      { error: 'bytes left over after the message: 1, at byte 4' },
      { json: { topics: null } },
    ],
  )
  t.same(await answers('encode', [{ message, version: 0, json: { topics: null } }]), [
    { error: 'an array is expected, not null, in field topics' },
  ])
  const { lines, code } = await run('decode', ['not json\r\n[]\n\n{"message":"MetadataRequest",'])
  t.equal(code, 0)
  t.match(
    lines.map(line => JSON.parse(line)),
    [
      { error: 'not JSON: no such word, at character 0' },
      { error: 'a line must be a JSON object' },
      { error: 'not JSON: it ends early, at character 0' },
      { error: /^not JSON: it ends early/ },
    ],
  )
})

t.test('headers and what is kept in logs are messages too', async t => {
  t.same(
    await answers('decode', [
      { message: 'RequestHeader', version: 2, hex: '0003000c00000007000161 00'.replace(' ', '') },
    ]),
    [{ json: { requestApiKey: 3, requestApiVersion: 12, correlationId: 7, clientId: 'a' } }],
  )
  t.same(
    await answers('encode', [
      { message: 'OffsetCommitKey', version: 0, json: { group: 'g', topic: 't', partition: 1 } },
    ]),
    [{ hex: '000167000174' + '00000001' }],
  )
})

t.test('record batches are printed with their records', async t => {
  const hex = '000000003ed25b0b00000019027eef790000000000036b3134000000086462666461686263'
  t.match(await answers('records', [{ hex }, { hex: hex.slice(0, -2) }, { hex: '' }]), [
    { batches: [{ magic: 0, baseOffset: 1053973259, records: [{ key: '6b3134', value: '6462666461686263' }] }] },
    { error: String },
    { batches: [] },
  ])
})

t.test('a line of many megabytes is one line', async t => {
  const hex = 'ab'.repeat(8_000_000)
  const line = JSON.stringify({ message: 'MetadataRequest', version: 0, hex: `00000000${hex}` })
  const { lines } = await run('decode', [line.slice(0, 1000), line.slice(1000), '\n'])
  t.same(lines, ['{"error":"bytes left over after the message: 8000000, at byte 4"}'])
})

t.test('help is printed when asked for, and a wrong word is refused', async t => {
  const stdout = new PassThrough()
  const io = { stdin: Readable.from([]), stdout, stderr: new PassThrough() } as unknown as Io
  t.equal(await protocol(['decode', '--help'], io), 0)
  t.match(String(stdout.read()), /ottla protocol decode\|encode\|records/)
  await t.rejects(protocol(['describe'], io), /takes one of decode, encode and records/)
  await t.rejects(protocol([], io), /takes one of decode, encode and records/)
})
