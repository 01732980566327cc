/** Makes everything that is given to people: `npm run release -- --out DIR`. Says what it leaves out, and why. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { built, installed, root } from './fresh.mjs'

const help = `usage: npm run release -- --out DIR [--only NAME ...] [--untried] [--base IMAGE] [--build-base IMAGE]

Makes into DIR, which may exist:

  ottla-VERSION.tgz             package     the npm package
  ottla-VERSION-PLATFORM        executable  one file that needs no Node, for this platform
  ottla-VERSION-image.tar       image       the container image, as docker load and podman load read it
  SHA256SUMS                    for sha256sum --check

  --only NAME   only package, executable or image; as often as wanted
  --untried     does not try what it made
  --base IMAGE  what the image stands on, where it is not docker.io/library/node:24-slim
  --build-base IMAGE  where the image is built, with npm, where that is not the base

What cannot be made here is left out and named at the end, with the reason. The exit code is 1 where something failed, and not where there is
no container engine. The image is tried by npm run image. Executables for other platforms: node scripts/executable.mjs --help. Nothing is published; .github/workflows/release.yml does.
`

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    only: { type: 'string', multiple: true },
    untried: { type: 'boolean' },
    'build-base': { type: 'string' },
    base: { type: 'string', default: 'docker.io/library/node:24-slim' },
    help: { type: 'boolean', short: 'h' },
  },
})
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
/** The exit code of a step that could not be taken here. */
const notHere = 77

/** Runs a command of the project and gives its exit code; what it says goes to standard error. */
function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  return status ?? 1
}

const node = (...args) => run(process.execPath, args)

/** Whether there is an engine without that image, which it cannot fetch either. */
function isMissing(image) {
  const does = (program, ...args) => spawnSync(program, args, { stdio: 'ignore', timeout: 120_000 }).status === 0
  const program = ['docker', 'podman', 'buildah'].find(each => does(each, 'images'))
  if (program === undefined) return false
  const there = program === 'buildah' ? ['inspect', '--type', 'image', image] : ['image', 'inspect', image]
  return !does(program, ...there) && !does(program, 'pull', image)
}

/** Each gives null, or why there is nothing of it; `wrong` tells that this should not be. */
const makers = {
  package: directory => {
    const file = `ottla-${version}.tgz`
    if (run('npm', ['pack', '--silent', '--pack-destination', directory]) !== 0)
      return { why: 'npm pack failed', wrong: true }
    if (values.untried || node('scripts/examples.mjs', '--package', join(directory, file), 'node-test', 'jest') === 0)
      return null
    return { why: `${file} was made, and the examples do not run with it`, wrong: true }
  },
  executable: directory => {
    const file = join(directory, `ottla-${version}-${platform}${process.platform === 'win32' ? '.exe' : ''}`)
    if (node('scripts/executable.mjs', '--out', file) !== 0)
      return { why: 'scripts/executable.mjs failed', wrong: true }
    if (values.untried || node('scripts/executable-check.mjs', file) === 0) return null
    return { why: `${file} was made, and does not work`, wrong: true }
  },
  image: directory => {
    if (isMissing(values.base)) {
      return { why: `${values.base} is not here and cannot be fetched; name another with --base`, wrong: false }
    }
    const file = join(directory, `ottla-${version}-image.tar`)
    const bases = ['--base', values.base, '--build-base', values['build-base'] ?? values.base]
    const code = node('scripts/image.mjs', ...bases, '--out', file)
    if (code === 0) return null
    if (code === notHere) return { why: 'there is no docker, podman or buildah here', wrong: false }
    return { why: 'scripts/image.mjs failed', wrong: true }
  },
}

/** What the package lacks to be published so that npm can prove where it was built. */
function missingForProvenance() {
  const { repository } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return repository === undefined
    ? 'package.json names no repository, which npm publish --provenance compares; release.yml sets it from where it runs'
    : null
}

function sums(directory) {
  const lines = readdirSync(directory)
    .filter(name => name.startsWith(`ottla-${version}`))
    .sort()
    .map(
      name =>
        `${createHash('sha256')
          .update(readFileSync(join(directory, name)))
          .digest('hex')}  ${name}`,
    )
  writeFileSync(join(directory, 'SHA256SUMS'), `${lines.join('\n')}\n`)
}

async function main(directory) {
  mkdirSync(directory, { recursive: true })
  installed()
  await built({ types: true })
  const left = []
  let failed = false
  for (const [name, make] of Object.entries(makers)) {
    if (values.only && !values.only.includes(name)) {
      left.push([name, 'it was not asked for'])
      continue
    }
    const from = Date.now()
    console.log(`release: ${name} …`)
    const outcome = make(directory)
    if (outcome) left.push([name, outcome.why])
    failed ||= outcome?.wrong === true
    console.log(`release: ${name}: ${outcome ? outcome.why : 'ok'} (${((Date.now() - from) / 1000).toFixed(1)} s)`)
  }
  sums(directory)
  console.log(`\nmade in ${directory}:`)
  for (const name of readdirSync(directory)) {
    console.log(`  ${name}  ${(statSync(join(directory, name)).size / 1e6).toFixed(1)} MB`)
  }
  left.push(['executables for other platforms', 'each is made on its own, see node scripts/executable.mjs --help'])
  const missing = missingForProvenance()
  if (missing) left.push(['provenance', missing])
  console.log('left out:')
  for (const [name, why] of left) console.log(`  ${name}: ${why}`)
  process.exitCode = failed ? 1 : 0
}

const unknown = values.only?.find(name => !Object.hasOwn(makers, name))
if (values.help) process.stdout.write(help)
else if (values.out === undefined || unknown !== undefined) {
  console.error(
    unknown ? `release.mjs: there is no ${unknown}` : 'release.mjs: --out DIR is missing; --help tells more',
  )
  process.exitCode = 2
} else await main(resolve(values.out))
