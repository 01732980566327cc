/** When the scripts build, and when what is built will do: in a checkout of its own, whose bundler writes down that it was called. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const hourMs = 3_600_000

/** A checkout with one source. `builds` brings it up to date and says how often it was built by then. */
function checkout(t: Test) {
  const root = t.testdir({ 'package.json': '{"type": "module"}', bin: {}, lib: { 'one.ts': '' }, scripts: {} })
  copyFileSync(fileURLToPath(new URL('../../scripts/fresh.mjs', import.meta.url)), join(root, 'scripts/fresh.mjs'))
  const bundle = `import { appendFileSync, mkdirSync } from 'node:fs'
export function bundle(root) {
  mkdirSync(root + 'dist', { recursive: true })
  appendFileSync(root + 'dist/builds', '.')
}`
  writeFileSync(join(root, 'scripts/bundle.mjs'), bundle)
  const run = "import { built } from './scripts/fresh.mjs'; await built()"
  const builds = (): number => {
    execFileSync(process.execPath, ['--input-type=module', '-e', run], { cwd: root, stdio: 'ignore' })
    return readFileSync(join(root, 'dist/builds')).length
  }
  /** As if the source had been edited so long after now. */
  const edit = (ms: number): void => {
    const at = new Date(Date.now() + ms)
    utimesSync(join(root, 'lib/one.ts'), at, at)
  }
  return { root, builds, edit }
}

t.test('what is built is built again after an edit, and not before', async t => {
  const { builds, edit } = checkout(t)
  t.same([builds(), builds()], [1, 1])
  edit(hourMs)
  t.same([builds(), builds()], [2, 2])
})

t.test('a file that comes or goes is an edit', async t => {
  const { root, builds } = checkout(t)
  builds()
  mkdirSync(join(root, 'lib/part'))
  t.same([builds(), builds()], [2, 2])
})

t.test('the clock may have been ahead when it was built', async t => {
  const { builds, edit } = checkout(t)
  edit(9000 * hourMs)
  t.same([builds(), builds()], [1, 1])
  edit(hourMs)
  t.same([builds(), builds()], [2, 2], 'an edit after the clock was set right')
})
