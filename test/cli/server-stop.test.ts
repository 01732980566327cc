/** ottla server-stop: the broker of a data directory is asked to stop, and no other process. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Broker } from '../../lib/broker.ts'
import { serverStop } from '../../lib/cli/server-stop.ts'
import { runHere } from './tools/cluster.ts'

t.test('who holds a data directory is asked to stop', async t => {
  const directory = t.testdir()
  const asked: number[] = []
  const run = (...argv: readonly string[]) =>
    runHere((words, io) => serverStop(words, io, pid => asked.push(pid)), argv)
  const none = { code: 1, stdout: 'No kafka server to stop\n' }
  t.match(await run('--data', directory), none)
  t.match(await run('--data', join(directory, 'none')), none)
  t.match(await run('--ready-file', join(directory, 'none')), none)
  const broker = await Broker.start({ port: 0, data: directory, logLevel: 'error' })
  const config = join(directory, 'server.properties')
  writeFileSync(config, `log.dirs=${directory}\n`)
  const ready = join(directory, 'ready.json')
  writeFileSync(ready, '{"pid": 4711}')
  t.match(await run('--data', directory), { code: 0, stdout: '' })
  t.match(await run('--config', config), { code: 0 })
  t.match(await run('--ready-file', ready), { code: 0 })
  t.same(asked, [process.pid, process.pid, 4711])
  await broker.stop()
  t.match(await run('--data', directory), none)
})
