/** What tests are run from: built once from the sources, and never older than they are. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'

const transpiler = new URL('../../scripts/transpile.mjs', import.meta.url).href

/** A project with these files, and its build. */
function project(t: Test, files: Readonly<Record<string, string>>) {
  const root = realpathSync(t.testdir({ 'package.json': '{"type":"module"}' }))
  for (const directory of ['bin', 'lib', 'protocol', 'storage', 'test', 'conformance']) mkdirSync(join(root, directory))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  const build = () => {
    const program = `import { transpile } from '${transpiler}'; await transpile(${JSON.stringify(root)})`
    execFileSync(process.execPath, ['--input-type=module', '-e', program], { stdio: 'pipe' })
  }
  build()
  const built = (path: string) => join(root, '.tap', 'built', path)
  return {
    root,
    write,
    build,
    built,
    /** What a built file, named without its ending, says when it is run. */
    run: (name: string) =>
      spawnSync(process.execPath, ['--enable-source-maps', built(`${name}.js`)], { encoding: 'utf8' }),
  }
}

t.test('a built module takes itself for its source, and what it starts or imports is built', async t => {
  const { root, built, run } = project(t, {
    'lib/words.ts': 'export const word: string = "a word"\n',
    'test/saying.ts': `
      import { word } from '../lib/words.ts'
      export * from '../lib/words.ts'
      const { word: later } = await import('../lib/words.ts')
      const text = "import('./other.ts') " + \`
import { word } from '../lib/words.ts'
\`
      const urls = [new URL('./saying.ts', import.meta.url), new URL('saying.txt', import.meta.url), import.meta.url]
      console.log(JSON.stringify([word, later, text, import.meta.dirname, ...urls]))`,
  })
  const url = pathToFileURL(join(root, 'test', 'saying')).href
  t.same(JSON.parse(run('test/saying').stdout), [
    'a word',
    'a word',
    "import('./other.ts') \nimport { word } from '../lib/words.ts'\n",
    join(root, 'test'),
    pathToFileURL(built('test/saying.js')).href,
    `${url}.txt`,
    `${url}.ts`,
  ])
})

t.test('a thread finds its file, and a trace names the lines of the source', async t => {
  const { root, run } = project(t, {
    'storage/worker.ts': `
      import { Worker } from 'node:worker_threads'
      new Worker(new URL('./some-worker.js', import.meta.url)).on('error', error => console.log(error.stack))`,
    'storage/some/some-worker.ts': 'interface Lost {\n  readonly lines: number\n}\n\nthrow new Error("a fault")\n',
  })
  t.match(run('storage/worker').stdout, `${join(root, 'storage', 'some', 'some-worker.ts')}:5:7`)
})

t.test(
  'a source that changed is built anew, also back to what it was, and of one that is gone nothing is left',
  async t => {
    const { root, write, build, built, run } = project(t, {
      'test/a.ts': 'console.log(1)',
      'test/b.ts': 'console.log(2)',
    })
    for (const said of ['3', '1']) {
      write('test/a.ts', `console.log(${said})`)
      build()
      t.equal(run('test/a').stdout, `${said}\n`)
    }
    rmSync(built('test/a.js'))
    rmSync(join(root, 'test', 'b.ts'))
    build()
    t.equal(run('test/a').stdout, '1\n')
    t.notOk(existsSync(built('test/b.js')) || existsSync(built('test/b.js.map')))
  },
)

t.test('what cannot be read as TypeScript ends the build', async t => {
  const { write, build } = project(t, {})
  write('test/a.ts', 'const = 1')
  t.throws(build, /Expected identifier/)
})
