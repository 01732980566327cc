/** `ottla health` as container engines run it. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { command, ottla, serving } from './command.ts'

t.test('the exit code says whether a broker serves, one line says why not', async t => {
  const file = join(t.testdir(), 'ready.json')
  const broker = await serving(t, '--ephemeral', '--ready-file', file)
  const address = `${broker.host}:${broker.port}`
  t.same(ottla('health', '--bootstrap', address, '--timeout', '10000'), { code: 0, stdout: '', stderr: '' })
  t.same(ottla('health', '--ready-file', file, '--timeout', '10000'), { code: 0, stdout: '', stderr: '' })
  t.equal(await broker.end('SIGTERM'), 0)
  t.match(ottla('health', '--bootstrap', address), {
    code: 1,
    stderr: /^ottla health: .*connecting: .*ECONNREFUSED.*\n$/,
  })
  t.match(ottla('health', '--ready-file', file), { code: 1, stderr: /is not there/ })
})

t.test('what cannot be carried out is said', async t => {
  const file = join(t.testdir(), 'ready.json')
  writeFileSync(file, 'nonsense')
  for (const [args, expected] of [
    [['--timeout', 'soon'], /milliseconds/],
    [['--bootstrap', 'nowhere'], /host:port/],
    [['--prot', '1'], /--help/],
    [['--ready-file', file], /no file of ottla start/],
  ] as const) {
    t.match(ottla('health', ...args), { code: 1, stdout: '', stderr: expected }, args.join(' '))
  }
  t.match(ottla('health', '--help'), { code: 0, stdout: /--bootstrap/ })
})

t.test('it loads nothing of the broker', async t => {
  const hook = `import m from 'node:module'; m.registerHooks?.({ load(url, c, next) { console.log(url); return next(url, c) } })`
  const { stdout } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, command, 'health', '--bootstrap', '127.0.0.1:1'],
    { encoding: 'utf8' },
  )
  t.notMatch(stdout, /\/(?:broker|start)-\w+\.js/)
})
