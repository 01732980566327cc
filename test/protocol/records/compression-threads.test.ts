/** Codecs in several threads at once: what one packs or unpacks does not disturb another. */
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { compress, decompress } from '../../../protocol/records/compression.ts'
import { prepareZstd } from '../../../protocol/records/zstd.ts'
import { chance } from './vectors.ts'

const packed = ['gzip', 'snappy', 'lz4', 'zstd'] as const
type Packed = (typeof packed)[number]
const rounds = 40

/** Packs and unpacks texts of its own; the number of results that are not what they should be. Runs in any thread, so it closes over nothing else. */
function faults(codec: Packed, seed: number): number {
  const next = chance(seed)
  const text = Buffer.from(Array.from({ length: 40_000 }, () => `word${next(500)} `).join(''))
  let wrong = 0
  for (let round = 0; round < rounds; round++) {
    const data = text.subarray(round, text.length - next(100_000))
    try {
      if (!decompress(codec, compress(codec, data), data.length).equals(data)) wrong++
    } catch {
      wrong++
    }
  }
  return wrong
}

const compression = new URL('../../../protocol/records/compression.ts', import.meta.url).href
const zstd = new URL('../../../protocol/records/zstd.ts', import.meta.url).href
const vectors = new URL('./vectors.ts', import.meta.url).href
const script = `
  const { parentPort } = require('node:worker_threads')
  const rounds = ${rounds}
  const faults = ${String(faults)}
  let compress, decompress, chance
  import('${import.meta.resolve('tsx/esm/api')}').then(async ({ register }) => {
    register()
    ;({ compress, decompress } = await import('${compression}'))
    ;({ chance } = await import('${vectors}'))
    await (await import('${zstd}')).prepareZstd()
    parentPort.on('message', ([codec, seed]) => parentPort.postMessage(faults(codec, seed)))
    parentPort.postMessage('ready')
  })`

t.test('threads that use a codec at once do not damage what the others pack and unpack', async t => {
  await prepareZstd()
  const workers = [2, 3].map(() => new Worker(script, { eval: true }))
  const answer = (worker: Worker) =>
    new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
  await Promise.all(workers.map(answer))
  for (const codec of packed) {
    const answers = workers.map((worker, index) => {
      const coming = answer(worker)
      worker.postMessage([codec, index + 2])
      return coming
    })
    t.same([faults(codec, 1), ...(await Promise.all(answers))], [0, 0, 0], codec)
  }
  await Promise.all(workers.map(worker => worker.terminate()))
})
