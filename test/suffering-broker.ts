/**
 * A broker in a process of its own that suffers what its parent says: it takes all file descriptors, or gives them back, or its storage has
 * a bug from then on. Run by `broker-faults.test.ts` under a low `ulimit -n`; it repeats each word when that is done.
 */
import { closeSync, openSync } from 'node:fs'
import { Broker } from '../lib/broker.ts'
import { CompactionThread } from '../storage/compaction/compaction.ts'
import { faultOf } from '../storage/faults.ts'
import { closeIdleFiles } from '../storage/files.ts'
import { defaultLogConfig } from '../storage/log.ts'
import { RecompressionThread } from '../storage/recompression/thread.ts'
import { Segment } from '../storage/segment.ts'

const data = process.argv[2]!
const broker = await Broker.start({ port: 0, data, logLevel: 'info' })
const taken: number[] = []

/** Takes all that there are; gives how many. */
function takeAll(): number {
  const before = taken.length
  closeIdleFiles()
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') throw error
  }
  return taken.length - before
}

/** Takes all but so many, those too that are only used for a moment. */
async function take(left: number): Promise<void> {
  for (let idle = 0; idle < 5; idle = takeAll() === 0 ? idle + 1 : 0)
    await new Promise(resolve => setTimeout(resolve, 20))
  for (; left > 0; left--) closeSync(taken.pop()!)
}

/** What comes of a thread that is started now. */
async function attempt(run: () => Promise<unknown>): Promise<string> {
  try {
    await run()
    return 'nothing'
  } catch (error) {
    return faultOf(error)
  }
}

function compact(): Promise<unknown> {
  const source = { baseOffset: 0, endOffset: 1, sizeInBytes: 1, offsetIndexBytes: 0, timeIndexBytes: 0 }
  const sizes = {
    segmentBytes: 1,
    segmentIndexBytes: 1,
    indexIntervalBytes: 1,
    bufferBytes: 100,
    bytesPerSecondMax: 1e9,
  }
  const limits = { ...sizes, decompressedBytesMax: 1, keyBytesMax: 96, keyLoadFactor: 0.5 }
  const job = { firstDirtyOffset: 0, aborted: [], lastRecords: [], now: 0, deleteRetentionMs: 0 }
  const thread = new CompactionThread()
  return thread
    .run({ dir: `${data}/none`, sources: [source], ...job, ...limits }, () => true)
    .finally(() => thread.stop())
}

function pack(): Promise<unknown> {
  const thread = new RecompressionThread()
  return thread.run(Buffer.alloc(0), defaultLogConfig, 0).finally(() => thread.stop())
}

/** Does what a word says; gives what is told of it. */
async function suffer(word: string): Promise<string> {
  if (word.startsWith('take')) await take(Number(word.split(' ')[1] ?? 0))
  else if (word === 'give') for (const fd of taken.splice(0)) closeSync(fd)
  else if (word === 'compact') return `${word}: ${await attempt(compact)}`
  else if (word === 'pack') return `${word}: ${await attempt(pack)}`
  else if (word === 'bug') {
    Segment.prototype.write = () => {
      throw new TypeError('a bug in the storage')
    }
  } else if (word === 'stop') await broker.stop()
  return word
}

process.on('message', async (word: string) => {
  process.send!(await suffer(word))
  if (word === 'stop') process.disconnect()
})
process.send!(broker.bootstrap)
