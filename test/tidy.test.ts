/** The rules of the house that no compiler checks: who may import whom, where the outside world is touched, and how files look. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import t from 'tap'
import { layers } from './layers.ts'
import { allSources, productSources, root } from './sources.ts'

/** More lines than this and a file says too many things at once. */
const fileLinesMax = 500

function mayImport(path: string, target: string): { ok: boolean; why: string } {
  const layer = layers.find(row => path === row.from || (row.from.endsWith('/') && path.startsWith(row.from)))
  if (layer === undefined) return { ok: true, why: '' }
  const allowed = [layer.from, ...layer.may]
  const ok = allowed.some(row => (row.endsWith('/') ? target.startsWith(row) : target === row))
  return { ok, why: layer.why }
}

/** What only some files may do. `where` is a test of the path. */
const confined: readonly { what: string; pattern: RegExp; where: (path: string) => boolean; why: string }[] = [
  {
    what: 'the time of day',
    pattern: /\bDate\.now\b|\bnew Date\(\)/,
    where: path => path.startsWith('lib/base/'),
    why: 'a Clock is handed in, so that tests and users can turn it',
  },
  {
    what: 'timers',
    pattern: /\b(?:setTimeout|setInterval|setImmediate)\b/,
    where: path => path.startsWith('lib/base/'),
    why: 'timers are data in Deadlines, with one real timer in lib/base',
  },
  {
    what: 'chance',
    pattern: /\bMath\.random\b|\bcrypto\.(?:random\w+|getRandomValues)\b|\brandom(?:UUID|Bytes|FillSync)\b/,
    where: path => path.startsWith('lib/base/'),
    why: 'a Random is handed in, so that a run can be repeated from its seed',
  },
  {
    what: "the machine's other clock, and microtasks of Node's own",
    pattern: /\bperformance\.now\b|\bprocess\.nextTick\b/,
    where: path => path.startsWith('lib/base/'),
    why: 'time and order come from lib/base, so that a simulation can be repeated',
  },
  {
    what: 'instances of Error',
    pattern: /\binstanceof Error\b/,
    where: path => path.startsWith('lib/cli/'),
    why: "under Jest Node's errors are none of the context's Error: ask types.isNativeError",
  },
  {
    what: 'a method of a clock without its clock',
    pattern: /\b(?:[cC]lock|broker|wire)\.(?:now|monotonicMs|schedule|immediate)\b(?!\()/,
    where: () => false,
    why: 'a clock that is turned by hand has methods that need it: hand on a function that calls it',
  },
  {
    what: 'a module that is loaded unseen',
    pattern: /(?<!\boffLoop\()(?<!\btypeof )\bimport\(/,
    where: path => /^bin\/|^lib\/cli\/|^protocol\/|^storage\/worker\.ts$/.test(path),
    why: 'import() goes through offLoop(): who turns a clock waits for what is read from the disk',
  },
  {
    what: 'code made at run time',
    pattern: /\bnew Function\b|\beval\(/,
    where: path => path === 'protocol/compile.ts',
    why: 'there is one compiler, with an interpreter as its tested twin',
  },
]

/** The parts that must stay functions of their arguments. */
const pureParts = ['lib/groups/', 'lib/transactions/', 'lib/cluster/', 'lib/controller/', 'lib/container/']

t.test('each part of the project imports only what it may', async t => {
  for (const { path, imports } of productSources) {
    for (const target of imports) {
      if (/^(bin|lib|protocol|storage|test|conformance)\//.test(target)) {
        const { ok, why } = mayImport(path, target)
        if (!ok) t.fail(`${path} imports ${target}, but ${why}`)
        if (target.startsWith('test/') || target.startsWith('conformance/'))
          t.fail(`${path} imports ${target}: tests are not part of the product`)
      }
    }
  }
  t.pass('all imports looked at')
})

t.test('nothing in a broker knows of the test-kit', async t => {
  const isKits = (path: string) => path === 'lib/testing.ts' || path.startsWith('lib/testing/')
  for (const { path, imports } of productSources) {
    if (isKits(path) || path.startsWith('lib/cli/')) continue
    t.same(imports.filter(isKits), [], `${path}: what a broker does for tests, too, has a part of its own`)
  }
})

t.test('no file is imported by what it imports', async t => {
  const importsOfFile = new Map(
    productSources.map(({ path, imports }) => [
      path,
      imports.filter(target => /^(bin|lib|protocol|storage)\//.test(target)),
    ]),
  )
  const done = new Set<string>()
  const visit = (path: string, above: readonly string[]) => {
    const from = above.indexOf(path)
    if (from >= 0) t.fail(`${[...above.slice(from), path].join(' → ')}: move what both need into a file of its own`)
    if (from >= 0 || done.has(path)) return
    for (const target of importsOfFile.get(path) ?? []) visit(target, [...above, path])
    done.add(path)
  }
  for (const path of importsOfFile.keys()) visit(path, [])
  t.equal(done.size, importsOfFile.size)
})

t.test('files are touched by storage/files.ts alone', async t => {
  for (const { path, imports } of productSources) {
    if (path === 'storage/files.ts') continue
    const touched = imports.filter(name => /^(node:)?fs(\/promises)?$/.test(name))
    t.same(touched, [], `${path}: files go through storage/files.ts, so that a test can fail, tear and forget writes`)
  }
})

t.test('state machines touch nothing but their arguments', async t => {
  for (const { path, imports, code } of productSources) {
    if (!pureParts.some(part => path.startsWith(part))) continue
    t.same(
      imports.filter(name => !/^(lib|protocol)\//.test(name)),
      [],
      `${path} is pure: no node:* and no packages`,
    )
    t.notMatch(
      code,
      /\basync\b|\bawait\b|\bnew Promise\b|\bPromise\.|\bperformance\.now\b|\bprocess\./,
      `${path} is pure: it answers at once, from its arguments`,
    )
  }
})

for (const { what, pattern, where, why } of confined) {
  t.test(`${what}: only where it belongs`, async t => {
    for (const { path, code } of productSources) {
      if (where(path)) continue
      const line = code.split('\n').findIndex(text => pattern.test(text)) + 1
      if (line > 0) t.fail(`${path}:${line} uses ${what}, but ${why}`)
    }
    t.pass('all files looked at')
  })
}

t.test('each npm package is imported in one place', async t => {
  const sites = new Map<string, Set<string>>()
  for (const { path, imports } of productSources) {
    for (const name of imports) {
      if (name.startsWith('node:') || /^(bin|lib|protocol|storage)\//.test(name)) continue
      const dependency = name
        .split('/')
        .slice(0, name.startsWith('@') ? 2 : 1)
        .join('/')
      sites.set(dependency, (sites.get(dependency) ?? new Set()).add(path))
    }
  }
  for (const [dependency, paths] of sites) {
    t.equal(
      paths.size,
      1,
      `${dependency} is imported by ${[...paths].join(' and ')}: one place can be replaced, two drift apart`,
    )
  }
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const imported = productSources.map(source => source.text).join('\n')
  for (const name of Object.keys(dependencies)) {
    t.ok(imported.includes(`'${name}`), `${name} is a dependency that nothing imports: leave it out of package.json`)
  }
})

t.test('node modules are named as such', async t => {
  const bare = new Set(
    'assert buffer child_process crypto events fs http net os path stream tls url util zlib'.split(' '),
  )
  for (const { path, imports } of allSources) {
    t.same(
      imports.filter(name => bare.has(name)),
      [],
      `${path}: write node: before the modules of Node`,
    )
  }
})

const fileHead = /^(?:#!.*\n)?\s*(?:import\b[^'"]*'[^']+'\s*|\/\/ biome-ignore.*\n\s*)*\/\*\*/
const messageHead = /\*\/\n(?:export const \w+ = api\(|import |export \{)/

t.test('each file is short, and says at its head what it is', async t => {
  for (const { path, text } of allSources) {
    const lines = text.split('\n').length - 1
    if (lines > fileLinesMax) t.fail(`${path} has ${lines} lines: split it by meaning (at most ${fileLinesMax})`)
    // A message says what it is right before its declaration, after the structs that it shares.
    const head = path.startsWith('protocol/messages/') ? messageHead : fileHead
    if (!head.test(text)) t.fail(`${path} needs a sentence at its head: what it is, in a /** comment */`)
  }
  t.pass('all files looked at')
})

t.test('nothing is left for later, loosened, or left out of the tests', async t => {
  // Put together from pieces, so that this file does not find itself.
  const unfinished = new RegExp(
    `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK', 'PUR' + 'POSE'].join('|')})\\b|not imple${''}mented`,
  )
  const loosened = new RegExp(`\\bas an${''}y\\b|: an${''}y\\b`)
  const switched = new RegExp(`@ts-(?:ig${''}nore|expect-er${''}ror|nocheck)`)
  const left = new RegExp(`\\.(?:sk${''}ip|on${''}ly)\\(|\\{ (?:sk${''}ip|on${''}ly): true`)
  for (const { path, text, code } of allSources) {
    const codeLines = code.split('\n')
    for (const [index, line] of text.split('\n').entries()) {
      if (loosened.test(codeLines[index] ?? '') || switched.test(line))
        t.fail(`${path}:${index + 1} switches the types off: ${line.trim()}`)
      if (unfinished.test(line)) t.fail(`${path}:${index + 1} leaves something for later: ${line.trim()}`)
      if (path.startsWith('test/') && left.test(line)) t.fail(`${path}:${index + 1} leaves tests out: ${line.trim()}`)
    }
  }
  t.pass('all files looked at')
})

t.test('names say what a thing is', async t => {
  const vague = /(?:Manager|Helper|Utils?)$/
  for (const { path, code } of allSources) {
    t.notMatch(
      path,
      /(?:^|[/-])(?:manager|helpers?|utils?|misc|common)\.(?:ts|mjs)$/,
      `${path}: a file is named for the one thing in it`,
    )
    for (const [, name] of code.matchAll(/\b(?:class|interface|function|type|const|let)\s+([A-Za-z_$][\w$]*)/g)) {
      if (vague.test(name!)) t.fail(`${path}: ${name} says nothing about what it is`)
    }
  }
})

t.test('no path of any one machine stands in the project', async t => {
  const paths = new RegExp(
    `(?:^|[\\s'"\`(=])/(?:${['wo' + 'rk', 'ro' + 'ot', 'ho' + 'me/\\w+', 'Us' + 'ers/\\w+'].join('|')})/`,
  )
  const documents = readdirSync(root).filter(name => name.endsWith('.md') || name.endsWith('.json'))
  const texts = [
    ...allSources.map(({ path, text }) => ({ path, text })),
    ...documents.map(path => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  ]
  for (const { path, text } of texts) {
    const line = text.split('\n').findIndex(each => paths.test(each)) + 1
    if (line > 0) t.fail(`${path}:${line} holds a path of one machine`)
  }
  t.notMatch(
    readFileSync(join(root, 'package-lock.json'), 'utf8'),
    /"resolved": "http/,
    'package-lock.json holds no download addresses: npm install --omit-lockfile-registry-resolved',
  )
})

/** Files that only a broker writes: of a data directory, or of a partition in one. */
const brokersOwn = [
  /(?:^|\/)(?:meta\.properties|partition\.metadata|bootstrap\.checkpoint|\.kafka_cleanshutdown|\.lock|[^/]+-checkpoint)$/,
  /(?:^|\/)[^/]+-(?:\d+|[0-9a-f]{32}-(?:delete|future|stray))\/\d{20}[^/]*\.[^/]+$/,
  /(?:^|\/)__(?:cluster|ottla)_metadata-0\//,
]
const isBrokersOwn = (path: string) => brokersOwn.some(pattern => pattern.test(path))

t.test('no data directory is in the repository, where every clone would share its cluster id', async t => {
  const data = [
    'meta.properties',
    '.kafka_cleanshutdown',
    'log-start-offset-checkpoint',
    '__cluster_metadata-0/quorum-state',
  ]
  for (const name of [...data, 'a.b-0/00000000000000000000.log', 'a-12/00000000000000000007.snapshot']) {
    t.ok(isBrokersOwn(name) && isBrokersOwn(`some/where/${name}`), `${name} is seen to be of a data directory`)
  }
  const { status, stdout } = spawnSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  if (status !== 0) return t.comment('this is no repository')
  const tracked = stdout.split('\0').filter(path => isBrokersOwn(path) && !path.startsWith('test/fixtures/'))
  t.same(tracked, [], 'take them out with git rm -r --cached, and their directory into .gitignore')
})

function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase()
}

t.test('each API has its message, its handler and its test under one name', async t => {
  const rowsOf = (path: string) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^ {2}row\(\s*(\w+),/gm)].map(match => match[1]!)
  const rows = rowsOf('lib/handlers/index.ts')
  const unserved = rowsOf('lib/handlers/unserved.ts')
  t.ok(rows.length > 0, 'lib/handlers/index.ts has a row for each API')
  for (const api of unserved) {
    const path = `lib/handlers/${kebab(api)}.ts`
    t.ok(existsSync(join(root, path)), `${api}: its refusal is in ${path}, where its handler is to be`)
  }
  const tests = allSources.filter(({ path }) => path.startsWith('test/') && path.endsWith('.test.ts'))
  for (const api of rows) {
    const file = kebab(api)
    t.ok(existsSync(join(root, `protocol/messages/${file}.ts`)), `${api}: its message is protocol/messages/${file}.ts`)
    t.ok(existsSync(join(root, `lib/handlers/${file}.ts`)), `${api}: its handler is lib/handlers/${file}.ts`)
    const tested = tests.some(
      ({ path, imports }) => path === `test/handlers/${file}.test.ts` || imports.includes(`lib/handlers/${file}.ts`),
    )
    t.ok(tested, `${api}: test/handlers/${file}.test.ts, or a test that several handlers share, shows what it does`)
  }
  for (const { path } of productSources) {
    const file = relative('lib/handlers', path).replace(/\.ts$/, '')
    if (
      !path.startsWith('lib/handlers/') ||
      !existsSync(join(root, `protocol/messages/${file}.ts`)) ||
      file === 'index'
    )
      continue
    t.ok(
      [...rows, ...unserved].some(api => kebab(api) === file),
      `${path} is a handler without a row in lib/handlers/index.ts or unserved.ts`,
    )
  }
})
