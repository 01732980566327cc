/**
 * Runs what the pages tell their readers to run: `node scripts/pages.mjs [--package FILE.tgz] [PAGE ...]`; without a page README's first
 * screen and all of `docs/`. The packed package stands in for the one of the registry.
 *
 * Blocks in `sh` are run as they stand. A block with a file name, as in ```js main.mjs, becomes that file. Each heading of the second level
 * begins in an empty directory, and what was started before it is stopped. A block whose last command is a broker in the foreground is left
 * running. Blocks of another kind (```sh clone) need more than an empty directory, and are tried elsewhere.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './fresh.mjs'
import { registryWith } from './registry.mjs'

const timeLimitMs = 240_000
/** Where README's first screen ends. */
const firstScreen = /^## /m
/** What not every machine has. */
const tools = ['kcat', 'curl', 'docker', 'etcd']

const { values, positionals } = parseArgs({
  options: { package: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
})
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
]
if (values.help || positionals.some(page => !pages.includes(page))) {
  console.log(`usage: node scripts/pages.mjs [--package FILE.tgz] [PAGE ...]

Runs the command blocks of ${pages.join(', ')}.`)
  process.exit(values.help ? 0 : 2)
}

/** The sections of a page, each with its blocks and where they stand. */
function sectionsOf(page) {
  const whole = readFileSync(join(root, page), 'utf8')
  const text = page === 'README.md' ? whole.slice(0, whole.search(firstScreen)) : whole
  const sections = [[]]
  let open = null
  for (const [index, line] of text.split('\n').entries()) {
    const fence = /^```(\S*) ?(.*)$/.exec(line)
    if (open !== null) {
      if (fence === null) open.text += `${line}\n`
      else open = null
    } else if (fence !== null) {
      open = { language: fence[1], info: fence[2], text: '', at: `${page}:${index + 1}` }
      sections.at(-1).push(open)
    } else if (line.startsWith('## ')) sections.push([])
  }
  return sections.filter(blocks => blocks.some(isCommand))
}

const isCommand = ({ language, info }) => language === 'sh' && info === ''
const lastLine = text => text.trimEnd().split('\n').at(-1)
/** A broker in the foreground never ends by itself. */
const serves = text => /^npx ottla(?: start\b.*| --.*|)$/.test(lastLine(text)) && !lastLine(text).endsWith('&')
/** What shows that a tool can be used: of docker, that there is an engine behind it, with the image. */
const proofs = { docker: 'docker image inspect ottla:0.1.0' }
const has = tool => {
  try {
    execFileSync('sh', ['-c', proofs[tool] ?? `command -v ${tool}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'ottla-pages-'))
const groups = new Set()
let [passed, failed, skipped] = [0, 0, 0]

/** Ends what the blocks of a section have left running, and waits until it is gone. */
async function stopAll() {
  for (const { pid } of groups) {
    const isThere = signal => {
      try {
        return process.kill(-pid, signal)
      } catch {
        return false
      }
    }
    isThere('SIGTERM')
    const end = performance.now() + 10_000
    while (isThere(0) && performance.now() < end) await new Promise(again => setTimeout(again, 50))
    isThere('SIGKILL')
  }
  groups.clear()
}

/** Runs a block; null, or what went wrong. */
function run({ text }, directory, env) {
  const child = spawn('bash', ['-c', `set -eo pipefail\n${text}`], {
    ...{ cwd: directory, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  groups.add(child)
  let output = ''
  return new Promise(done => {
    const timer = setTimeout(() => done(`not done within ${timeLimitMs} ms\n${output}`), timeLimitMs)
    const finish = outcome => {
      clearTimeout(timer)
      done(outcome)
    }
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', chunk => {
        output += chunk
        if (serves(text) && /^ottla ready: .*\n/m.test(output)) finish(null)
      })
    }
    child.on('exit', code => finish(code === 0 && !serves(text) ? null : `it ended with code ${code}\n${output}`))
  })
}

/** The packages of npm's cache are shared; what npx has installed before is not. */
function environment(registry) {
  const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
  mkdirSync(join(cache, '_cacache'), { recursive: true })
  mkdirSync(join(scratch, 'cache'))
  symlinkSync(join(cache, '_cacache'), join(scratch, 'cache', '_cacache'))
  const env = { ...process.env }
  // What the npm that runs this tells its scripts would lead those of the pages into this project.
  for (const name of Object.keys(env))
    if (/^npm_(?!config_(?:cafile|proxy|https_proxy|noproxy)$)/i.test(name)) delete env[name]
  return {
    ...env,
    npm_config_registry: registry,
    npm_config_cache: join(scratch, 'cache'),
    npm_config_yes: 'true',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  }
}

let tarball = values.package
if (tarball === undefined) {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', scratch], {
    cwd: root,
    encoding: 'utf8',
  })
  tarball = join(scratch, lastLine(packed))
}
const registry = await registryWith(resolve(tarball))
try {
  const env = environment(registry.url)
  let count = 0
  for (const page of positionals.length > 0 ? positionals : pages) {
    for (const blocks of sectionsOf(page)) {
      const directory = join(scratch, `section-${++count}`)
      mkdirSync(directory)
      for (const block of blocks) {
        if (block.language !== 'sh' && block.info !== '') writeFileSync(join(directory, block.info), block.text)
        if (!isCommand(block)) continue
        const missing = tools.filter(tool => new RegExp(`\\b${tool}\\b`).test(block.text) && !has(tool))
        const begun = performance.now()
        const wrong = missing.length > 0 ? null : await run(block, directory, env)
        const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
        if (missing.length > 0) {
          skipped++
          console.log(
            `skipped     ${block.at}  there is no ${missing.map(tool => (tool in proofs ? `${tool} with the image` : tool)).join(', ')}`,
          )
        } else if (wrong === null) {
          passed++
          console.log(`ok ${seconds.padStart(6)} s ${block.at}  ${lastLine(block.text)}`)
        } else {
          failed++
          console.log(`FAILED      ${block.at}  ${wrong}`)
        }
      }
      await stopAll()
    }
  }
} finally {
  await stopAll()
  registry.close()
  rmSync(scratch, { recursive: true, force: true })
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
