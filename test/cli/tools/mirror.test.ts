/** ottla mirror in a process of its own, which is killed: nothing is lost, and what is doubled was not noted yet. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { alterGroupOffsets, groupOffsets } from '../../../lib/admin/groups.ts'
import { mirror } from '../../../lib/cli/tools/mirror.ts'
import { recordsOf } from '../../../lib/client/consumer.ts'
import { ClusterOfOne, recordOf } from '../../client/cluster-of-one.ts'
import { command, root } from '../command.ts'
import { addressOfNobody, interrupted, runHere } from './cluster.ts'

const [partitions, records] = [4, 40_000]

t.test('killed three times, it copies all, in order, and little twice', async t => {
  const from = await ClusterOfOne.start(t, { orders: partitions })
  const to = await ClusterOfOne.start(t, {})
  const producer = await from.producer('orders', { bufferBytesMax: 64 * 1024 * 1024 })
  for (let index = 0; index < records; index++)
    producer.send('orders', recordOf(`${Math.floor(index / partitions)} ${'x'.repeat(200)}`), index % partitions)
  await producer.flush()
  await alterGroupOffsets(from.admin, 'readers', [{ topic: 'orders', partition: 0, offset: 100 }])
  const args = ['mirror', '--from', from.broker.bootstrap, '--to', to.broker.bootstrap, '--note-ms', '20']
  for (let kill = 0; kill < 3; kill++) {
    const child = spawn(process.execPath, [command, ...args, '--progress-ms', '5'], { cwd: root })
    // Killed in the midst of it: as soon as it says that there is more.
    await once(child.stderr, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  const { code, stderr } = await runHere(mirror, [...args.slice(1), '--once'])
  t.match({ code, stderr }, { code: 0, stderr: /records copied, 0 to be copied, 4 partitions of 1 topics\n$/ })
  const ends = await copiedIn(to)
  for (const [partition, numbers] of ends.entries()) {
    const first = numbers.filter((number, at) => numbers.indexOf(number) === at)
    t.same(
      first,
      Array.from({ length: records / partitions }, (_, index) => index),
      `all of ${partition}, in order`,
    )
    const doubled = numbers.length - first.length
    t.comment(`${doubled} records of partition ${partition} are there twice`)
  }
  const [group] = await groupOffsets(to.admin, 'readers')
  t.match(ends[0]![group!.value.offset], 100, 'the group goes on with the record that it has not read')
  const lag = await runHere(mirror, [...args.slice(1, 5), '--lag'])
  t.match(lag.stdout, /^TOPIC\s+PARTITION\s+POSITION\s+END\s+LAG\norders\s+0\s+10000\s+10000\s+0\n/)
})

t.test('Ctrl-C ends a mirror at once that does not find one of its clusters', async t => {
  const there = (await ClusterOfOne.start(t, {})).broker.bootstrap
  const nobody = await addressOfNobody()
  for (const [from, to] of [
    [nobody, there],
    [there, nobody],
  ] as const) {
    const args = ['--from', from, '--to', to]
    t.match(await interrupted(mirror, args, () => true), { code: 130, stdout: '' }, args.join(' '))
  }
})

/** The numbers in the copy, by partition. */
async function copiedIn(cluster: ClusterOfOne): Promise<number[][]> {
  const numbers: number[][] = Array.from({ length: partitions }, () => [])
  const consumer = cluster.consumer()
  await consumer.subscribe({ topics: ['orders'] })
  for (;;) {
    const batch = consumer.take()
    if (batch === null) {
      if (
        numbers.every((each, partition) => each.length > 0 && consumer.positionOf({ topic: 'orders', partition }) > 0)
      ) {
        await consumer.wait(1_000)
        const more = consumer.take()
        if (more === null) return numbers
        add(more)
      } else await consumer.wait(1_000)
    } else add(batch)
  }

  function add(batch: Parameters<typeof recordsOf>[0]): void {
    for (const { value } of recordsOf(batch)) numbers[batch.partition]!.push(Number(value!.toString().split(' ')[0]))
  }
}

t.test('what cannot be is said', async t => {
  t.match(await runHere(mirror, ['--from', 'localhost:1']), { code: 1, stderr: /--to another/ })
  t.match(await runHere(mirror, ['--from', 'a:1', '--to', 'b:1', '--topics', '(']), { code: 1, stderr: /no regular/ })
  t.match(await runHere(mirror, ['--help']), { code: 0, stdout: /ottla mirror: copies topics/ })
})
