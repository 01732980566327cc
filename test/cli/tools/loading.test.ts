/** What each tool loads before it does anything: most of the time of a short command is the loading of files. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { allSources, productSources } from '../../sources.ts'
import { command } from '../command.ts'

/** What a command loads only when it is told to do something that needs it, and what it costs in CPU where it is loaded needlessly. */
const costly: Readonly<Record<string, string>> = {
  'node:crypto': '4 ms',
  'node:zlib': '2 ms',
  'node:worker_threads': '2 ms',
  'node:process': '6 ms, and standard input is opened',
  'node:readline': '3 ms',
  'node:tls': '8 ms',
  'node:http': '8 ms',
  'storage/files.ts': '3 ms, with node:fs',
  'lib/client/login.ts': 'SASL with SCRAM',
  'lib/security/jaas.ts': 'logins',
  'lib/tls/client-settings.ts': 'TLS',
  'lib/client/group-member.ts': 'six APIs and the assignors',
}

/** Whose work is on files. */
const readsFiles = ['delete-records', 'dump-log', 'leader-election', 'perf-produce', 'reassign']

const loadsOf = new Map(productSources.map(({ path, loads }) => [path, loads]))

/** All that is loaded with a file, each with the file that loads it. */
function loadedWith(entry: string): Map<string, string> {
  const loaded = new Map<string, string>()
  const waiting = [entry]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const target of loadsOf.get(path) ?? []) {
      if (loaded.has(target)) continue
      loaded.set(target, path)
      waiting.push(target)
    }
  }
  return loaded
}

const index = 'lib/cli/tools/index.ts'
const tools = productSources
  .find(({ path }) => path === index)!
  .imports.filter(path => path.startsWith('lib/cli/tools/'))

t.test('a tool loads nothing that it may not need', async t => {
  t.ok(tools.length > 20, 'there are tools')
  for (const tool of new Set(tools)) {
    const loaded = loadedWith(tool)
    t.ok(loaded.has('lib/cli/tools/tool.ts') || tool.endsWith('/perf.ts'), `${tool} loads what tools share`)
    for (const [target, cost] of Object.entries(costly)) {
      if (target === 'storage/files.ts' && readsFiles.some(name => tool === `lib/cli/tools/${name}.ts`)) continue
      t.notOk(
        loaded.has(target),
        `${loaded.get(target)} loads ${target} for ${tool} (${cost}): use import() where it is needed`,
      )
    }
  }
})

t.test('before a command is chosen, none is loaded', async t => {
  const loaded = loadedWith('lib/cli/main.ts')
  t.same([...loaded.keys()].sort(), ['lib/cli/io.ts', 'lib/cli/tools/index.ts'])
})

t.test('the code that stands for globals in the built command asks process for nothing', async t => {
  // An import of node:process calls all its getters, that of standard input too.
  const { imports } = allSources.find(({ path }) => path === 'scripts/globals.mjs')!
  t.same(imports, ['node:buffer'])
})

interface Loaded {
  readonly files: readonly string[]
  readonly bytes: number
  readonly builtins: readonly string[]
}

/** What the built command reads of its own, in bytes, and what of Node, when a tool is asked for its help. */
const probe = `
const { statSync } = require('node:fs')
process.on('exit', () => {
  const files = Object.keys(require.cache).filter(path => !path.endsWith('probe.cjs'))
  const bytes = files.reduce((sum, path) => sum + statSync(path).size, 0)
  const builtins = process.moduleLoadList.map(each => each.replace('NativeModule ', 'node:'))
  process.stderr.write(JSON.stringify({ files, bytes, builtins }))
})
`

t.test('the built command reads few files for a tool, and little that the tool does not need', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-loading-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const required = join(directory, 'probe.cjs')
  writeFileSync(required, probe)
  for (const tool of ['topics', 'consume', 'produce', 'groups', 'get-offsets', 'configs', 'acls']) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--require', required, command, tool, '--help'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    })
    t.match(stdout, /^ottla /, `${tool} has help`)
    const { files, bytes, builtins } = JSON.parse(stderr) as Loaded
    // A megabyte that is not needed took Node 20 some 18 ms.
    t.ok(files.length >= 3 && files.length <= 8, `${tool} is in ${files.length} files`)
    t.ok(bytes <= 400_000, `${tool} is in ${bytes} bytes`)
    for (const name of ['node:crypto', 'node:tls', 'node:http', 'node:zlib', 'node:worker_threads', 'node:readline'])
      t.notOk(builtins.includes(name), `${tool} does without ${name}`)
  }
})
