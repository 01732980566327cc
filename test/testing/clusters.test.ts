/** Many virtual clusters, used by several processes at once: nothing leaks from one to the other, and their memory is given back. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { TestKafka } from '../../lib/testing.ts'

const [clustersCount, processesCount] = [200, 8]
/** What one cluster may hold when it has been used, and what all of them may leave behind, in bytes of V8's heap. */
const [bytesMaxOfOne, bytesMaxLeft] = [500 * 1024, 16 * 1024 * 1024]
const user = fileURLToPath(new URL('cluster-user.mjs', import.meta.url))

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

// Nine processes, which a busy machine may let have little of it. Nothing in them waits but for the others.
t.setTimeout(1_200_000)

t.test('200 virtual clusters are used by 8 processes', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 }, timeoutMs: 600_000 })
  await (await kit.cluster('first')).stop()
  const before = heapBytes()
  const clusters: { name: string; bootstrap: string }[] = []
  for (let i = 0; i < clustersCount; i++) {
    const { bootstrap } = await kit.cluster(`cluster-${i}`)
    clusters.push({ name: `cluster-${i}`, bootstrap })
  }
  t.equal(new Set(clusters.map(({ bootstrap }) => bootstrap)).size, clustersCount, 'each has a port of its own')
  const shares = Array.from({ length: processesCount }, (_, i) => clusters.filter((_, at) => at % processesCount === i))
  const outputs = await Promise.all(
    shares.map(share => promisify(execFile)(process.execPath, [user, JSON.stringify(share)])),
  )
  const told = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as { name: string; values: string[] }[])
  t.equal(told.length, clustersCount)
  const ofName = (name: string) => [1, 2, 3].map(n => `${name} ${n}`)
  const wrong = told.filter(({ name, values }) => JSON.stringify(values) !== JSON.stringify(ofName(name)))
  t.same(wrong, [], 'each process reads what was produced to the very cluster')
  for (const { name } of clusters) {
    const records = await (await kit.cluster(name)).topic('orders').records()
    const strange = records.filter(({ key }) => key !== name)
    if (strange.length > 0 || records.length !== 3) t.fail(`${name} has ${JSON.stringify(records)}`)
  }
  t.ok((heapBytes() - before) / clustersCount < bytesMaxOfOne, 'a cluster is small')
  await Promise.all(clusters.map(async ({ name }) => (await kit.cluster(name)).stop()))
  const left = heapBytes() - before
  t.ok(left < bytesMaxLeft, `what they held is given back, but ${left} bytes`)
  const again = await kit.cluster('cluster-0')
  t.same(await again.topic('orders').records(), [], 'one of the same name begins anew')
})
