/** What the documents tell of the project is so: its tree, its files, its packages, and the examples that are copied into pages. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('..', import.meta.url))
const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
/** All of whose directories are to be in the tree; of the others, only those that are named have to exist. */
const product = ['bin', 'lib', 'protocol', 'storage']
const otherSources = ['test', 'conformance', 'scripts']

/** What the code block under a heading names in its first column, as paths from the top. */
function pathsInTree(): string[] {
  const block = /## The tree\n+```\n([\s\S]*?)```/.exec(architecture)![1]!
  const paths: string[] = []
  const above: string[] = []
  for (const line of block.split('\n')) {
    const found = /^( *)(\S+)(?: {2}|$)/.exec(line)
    if (found === null) continue
    const depth = found[1]!.length / 2
    above.length = depth
    above.push(found[2]!)
    paths.push(above.join(''))
  }
  return paths
}

function directoriesIn(path: string): string[] {
  const below = readdirSync(join(root, path), { recursive: true, withFileTypes: true })
  return below
    .filter(entry => entry.isDirectory())
    .map(entry => `${join(entry.parentPath, entry.name).slice(root.length)}/`)
}

t.test('the tree in ARCHITECTURE.md names every directory of the product, and nothing that is not there', async t => {
  const paths = pathsInTree()
  t.same(
    paths.filter(path => !existsSync(join(root, path))),
    [],
    'is named and not there',
  )
  const directories = [...product, ...otherSources].map(path => `${path}/`).concat(product.flatMap(directoriesIn))
  t.same(
    directories.filter(path => !paths.includes(path)),
    [],
    'is there and not named',
  )
})

t.test('the files that ARCHITECTURE.md speaks of are there', async t => {
  const names = new Set<string>()
  for (const top of [...product, ...otherSources]) {
    for (const path of readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })) names.add(`/${top}/${path}`)
  }
  const files = [...architecture.matchAll(/(?<![\w{*-])[\w./-]+\.(?:ts|mjs|c)\b/g)].map(([name]) => name)
  t.ok(files.length > 50, 'it speaks of many')
  t.same(
    files.filter(file => ![...names].some(name => name.endsWith(`/${file}`))),
    [],
    'is spoken of and not there',
  )
})

t.test('ARCHITECTURE.md gives a reason for each package that the broker needs', async t => {
  const table = /\| Package \|[\s\S]*?\n\n/.exec(architecture)![0]
  const named = [...table.matchAll(/^\| `(\S+)` \|/gm)].map(match => match[1]!)
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.same(named.toSorted(), Object.keys({ ...dependencies, ...optionalDependencies }).toSorted())
})

t.test('the tests in docs/tests.md are those of the examples that are run', async t => {
  const page = readFileSync(join(root, 'docs', 'tests.md'), 'utf8')
  const told = [...page.matchAll(/```js orders\.test\.js\n([\s\S]*?)```/g)].map(match => match[1]!)
  const run = readdirSync(join(root, 'examples'))
    .map(name => join(root, 'examples', name, 'orders.test.js'))
    .filter(path => existsSync(path))
    .map(path => readFileSync(path, 'utf8'))
  t.same(told.toSorted(), run.toSorted())
})
