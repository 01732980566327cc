/**
 * Builds the container image with the engine that is here: docker, podman, or buildah alone.
 *
 *     node scripts/image.mjs [--tag NAME:TAG ...] [--base IMAGE] [--build-base IMAGE] [--platform OS/ARCH] [--out FILE]
 *
 *     --tag          as often as wanted; ottla:VERSION and ottla:8.4.0, Confluent's numbering, where there is none
 *     --base         what the image stands on, with Node and bash; docker.io/library/node:24-slim
 *     --build-base   where it is built, with Node and npm; the base
 *     --platform     such as linux/arm64, where the engine can run its programs
 *     --out          also writes the image to a file that docker load and podman load read
 *
 * Settings of npm come from ~/.npmrc, and a certificate authority from NODE_EXTRA_CA_CERTS; neither stays in the image.
 * Ends with 77 where there is no engine.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './fresh.mjs'

const { values } = parseArgs({
  options: {
    tag: { type: 'string', multiple: true },
    base: { type: 'string' },
    'build-base': { type: 'string' },
    platform: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})

/** The tag that stands for the version of Confluent's images with the same Kafka: starters compare it with those that they know. */
const confluentTag = '8.4.0'

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const tags = values.tag ?? [`ottla:${version}`, `ottla:${confluentTag}`]

function works(...command) {
  return spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0
}

/** The builder, and what saves an image; null where there is none. What answers to docker's command may be podman. */
function engine() {
  const docker = spawnSync('docker', ['version', '--format', '{{json .Server}}'], { encoding: 'utf8' })
  if (docker.status === 0 && !docker.stdout.includes('Podman')) {
    return { build: ['docker', 'build'], save: ['docker', 'save', '--output'] }
  }
  const save = ['podman', 'save', '--format', 'docker-archive', '--output']
  if (works('buildah', '--version')) return { build: ['buildah', 'bud', '--format', 'docker'], save }
  if (works('podman', '--version')) return { build: ['podman', 'build', '--format', 'docker'], save }
  return null
}

/** Older builders end at an option that they do not know. */
function dockerfileFor([builder, verb], directory) {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8')
  if (builder === 'docker') return text
  const probe = join(directory, 'probe')
  writeFileSync(probe, 'FROM scratch\nHEALTHCHECK --start-interval=1s CMD ["true"]\n')
  const { status, stdout } = spawnSync(builder, [verb, '--quiet', '--file', probe, directory], { encoding: 'utf8' })
  if (status !== 0) return text.replace('--start-interval=250ms ', '')
  works(builder, 'rmi', stdout.trim())
  return text
}

function main() {
  const found = engine()
  if (found === null) {
    console.error('image.mjs: there is no docker, podman or buildah here that answers; install one of them')
    return 77
  }
  const scratch = mkdtempSync(join(tmpdir(), 'ottla-image-'))
  try {
    const file = join(scratch, 'Dockerfile')
    writeFileSync(file, dockerfileFor(found.build, scratch))
    const npmrc = join(homedir(), '.npmrc')
    const authority = process.env.NODE_EXTRA_CA_CERTS
    const [program, ...build] = [
      ...found.build,
      ...['--file', file],
      ...tags.flatMap(tag => ['--tag', tag]),
      ...(values.base ? ['--build-arg', `BASE=${values.base}`] : []),
      ...(values['build-base'] ? ['--build-arg', `BUILD_BASE=${values['build-base']}`] : []),
      ...(values.platform ? ['--platform', values.platform] : []),
      ...(existsSync(npmrc) ? ['--secret', `id=npmrc,src=${npmrc}`] : []),
      ...(authority && existsSync(authority) ? ['--secret', `id=authority,src=${authority}`] : []),
      root,
    ]
    const { status } = spawnSync(program, build, { stdio: 'inherit', env: { ...process.env, DOCKER_BUILDKIT: '1' } })
    if (status !== 0) return status ?? 1
    if (values.out === undefined) return 0
    const [saver, ...save] = found.save
    return spawnSync(saver, [...save, values.out, ...tags], { stdio: 'inherit' }).status ?? 1
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

if (values.help) {
  console.log(
    readFileSync(new URL(import.meta.url), 'utf8')
      .split('\n')
      .slice(1, 14)
      .map(line => line.slice(3))
      .join('\n'),
  )
} else {
  process.exitCode = main()
}
