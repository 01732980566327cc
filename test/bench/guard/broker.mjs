/**
 * A broker that counts what it does: bytes allocated on V8's heap and outside of it, bytes copied by Node's ways to copy, calls that
 * read and write files, and bytes read. Run with --expose-gc and a young generation so large that nothing is collected while it counts. The parent
 * sends 'begin' and 'end', and is answered with 'begun' and the counts.
 */
import fs from 'node:fs'
import { Broker } from '../../../dist/broker.js'

const counts = { outsideBytes: 0, copiedBytes: 0, fileReads: 0, fileReadBytes: 0, fileWrites: 0 }

/** Wraps a function of an object, to be told of each call's result. */
function watch(object, name, told) {
  const original = object[name]
  object[name] = function (...args) {
    const result = original.apply(this, args)
    told(result, args)
    return result
  }
}

const allocated = buffer => {
  // A slice of the pool costs only its share of it.
  counts.outsideBytes += buffer.byteLength
}
for (const name of ['alloc', 'allocUnsafe', 'allocUnsafeSlow']) watch(Buffer, name, allocated)
watch(Buffer, 'concat', buffer => {
  counts.copiedBytes += buffer.byteLength
})
watch(Buffer, 'from', (buffer, [source]) => {
  if (source instanceof ArrayBuffer || source instanceof SharedArrayBuffer) return
  allocated(buffer)
  counts.copiedBytes += buffer.byteLength
})
watch(Buffer.prototype, 'copy', bytes => {
  counts.copiedBytes += bytes
})
watch(Object.getPrototypeOf(Uint8Array.prototype), 'set', (_, [source]) => {
  counts.copiedBytes += source.length
})
watch(fs, 'readSync', bytes => {
  counts.fileReads++
  counts.fileReadBytes += bytes
})
for (const name of ['writevSync', 'writeSync']) {
  watch(fs, name, () => {
    counts.fileWrites++
  })
}

// The records are of the year 1970: none is looked for that is past its time.
const properties = { 'log.initial.task.delay.ms': '86400000' }
const broker = await Broker.start({ port: 0, data: process.argv[2], dev: true, properties })
let heapBytes = 0
process.on('message', message => {
  if (message === 'begin') {
    globalThis.gc()
    for (const name of Object.keys(counts)) counts[name] = 0
    heapBytes = process.memoryUsage().heapUsed
    process.send('begun')
  } else if (message === 'end') {
    process.send({ ...counts, heapBytes: process.memoryUsage().heapUsed - heapBytes })
  } else {
    broker.stop().then(() => process.exit())
  }
})
process.send(broker.bootstrap)
