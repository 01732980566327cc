/** Memory that is given back: rubbish at once where the debug switch is on, untouched without. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const readBuffers = fileURLToPath(new URL('../../../storage/read-buffers.ts', import.meta.url))
const slabs = fileURLToPath(new URL('../../../lib/server/slabs.ts', import.meta.url))

/** What is seen in memory after it was given back: of a read buffer, and of a chunk up to where it was taken and behind that. */
function seen(variables: Record<string, string>): unknown {
  const program = `
    import { borrowBuffer, returnBuffer } from ${JSON.stringify(readBuffers)}
    import { Slabs } from ${JSON.stringify(slabs)}
    const buffer = borrowBuffer(4096).fill(1)
    returnBuffer(buffer)
    const slabs = new Slabs()
    const chunk = slabs.small(100)
    chunk.buffer.fill(1)
    chunk.at += 100
    slabs.retain(chunk)
    slabs.release(chunk)
    console.log(JSON.stringify([buffer[4000], chunk.buffer[99], chunk.buffer[100]]))`
  const { stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', program], {
    env: { ...process.env, ...variables },
    encoding: 'utf8',
  })
  return stdout === '' ? stderr : JSON.parse(stdout)
}

t.test('only with the switch is memory overwritten when it is given back, as far as it was taken', async t => {
  t.same(seen({ OTTLA_POISON: '1' }), [0xdb, 0xdb, 1])
  t.same(seen({ OTTLA_POISON: '' }), [1, 1, 1])
})
