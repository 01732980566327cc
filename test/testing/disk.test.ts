/** The disk of a broker for tests that has data directories: full, and tearing what is written. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { DisturbedDisk } from '../../lib/testing/disturbed-files.ts'
import { memoryFiles } from '../../storage/files.ts'
import { Bench, send } from './kafkajs.ts'

t.test('a write is torn, and so are none of other files', async t => {
  const disk = new DisturbedDisk()
  const files = disk.around(memoryFiles())
  files.mkdir('/data/orders-0')
  const [torn, whole] = ['/data/orders-0/log', '/data/log'].map(path => files.file(path))
  t.throws(() => disk.disturb({ torn: -1 }), RangeError)
  const disturbance = disk.disturb({ path: 'orders-0', torn: 3 })
  t.throws(() => torn!.writev([Buffer.from('ab'), Buffer.from('cd')], 0), { code: 'ENOSPC' })
  t.equal(torn!.size(), 3)
  whole!.writev([Buffer.from('abcd')], 0)
  t.equal(whole!.size(), 4)
  t.throws(() => files.write('/data/orders-0/other', 'x'), { code: 'ENOSPC' })
  await disturbance[Symbol.asyncDispose]()
  torn!.writev([Buffer.from('abcd')], 0)
  t.equal(torn!.size(), 4)
})

t.test('where writes fail as on a full disk, the directory is given up, as in Kafka', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-disk-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const dirs = ['a', 'b'].map(name => join(directory, name))
  const bench = await Bench.start(t, { logLevel: 'silent', properties: { 'log.dirs': dirs.join(',') } })
  const { kit } = bench
  t.equal(kit.dataDirectory, dirs[0])
  const producer = await bench.producer({ retry: { retries: 0 } })
  // Not where the metadata are, without which nothing is served.
  const name = readdirSync(dirs[1]!).find(each => each.startsWith('orders-'))!
  const partition = Number(name.slice('orders-'.length))
  await send(producer, partition, 'before')
  kit.disk.disturb({ path: name, torn: 10 })
  await t.rejects(send(producer, partition, 'torn'), 'the records are not on the disk')
  kit.disk.restore()
  await t.rejects(send(producer, partition, 'after'), 'nor does anybody lead the partition')
})

t.test('the disk fails and takes writes again over HTTP', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-disk-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const dirs = ['a', 'b'].map(name => join(directory, name))
  const { kit } = await Bench.start(t, { logLevel: 'silent', http: 0, properties: { 'log.dirs': dirs.join(',') } })
  const { kit: inMemory } = await Bench.start(t, { http: 0 })
  const speak = async (address: string, method: string, body: object = {}) => {
    const headers = { 'content-type': 'application/json' }
    const asked = { method, headers, ...(method === 'POST' && { body: JSON.stringify(body) }) }
    const answer = await fetch(`http://${address}/testing/disk`, asked)
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  // Not where the metadata are, without which nothing is served.
  const name = readdirSync(dirs[1]!).find(each => each.startsWith('orders-'))!
  t.match(await speak(kit.http!, 'POST', { torn: -1 }), { status: 400 })
  t.match(await speak(kit.http!, 'POST', { path: name, torn: 0 }), { status: 200 })
  const partition = Number(name.slice('orders-'.length))
  await t.rejects(kit.topic('orders').produce([{ partition, value: 'full' }]))
  t.match(await speak(kit.http!, 'DELETE'), { status: 200 })
  await kit.topic('letters').produce(['there is room'])
  t.equal((await kit.topic('letters').records()).length, 1)
  t.match(await speak(inMemory.http!, 'POST'), { status: 400, body: { error: /no disk/ } })
})
