/** Testcontainers' own modules, unmodified: the projects of examples/testcontainers, each with its language's tools. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Scenario, until } from '../../conformance/scenario.ts'
import { root } from '../sources.ts'
import { dockerAnswers } from './docker-answers.ts'
import type { Engine } from './engine.ts'
import type { Subject } from './main.ts'

/** Fetching and compiling take their time where nothing is cached. */
export const projectMsMax = 900_000

/** A tag of Confluent's numbering, and one of the time of ZooKeeper: modules choose by them how they start the image. */
const [newTag, zookeeperTag] = ['8.4.0', '7.3.0']

interface Module {
  readonly name: string
  readonly directory: string
  readonly tag: string
  /** The program that has to be here, and what prepares and runs the project: words of a shell. */
  readonly needs: string
  readonly prepare: string
  readonly run: string
}

const modules: readonly Module[] = [
  {
    name: '@testcontainers/kafka without ZooKeeper',
    ...{
      directory: 'node',
      tag: newTag,
      needs: 'npm',
      prepare: 'npm install --silent --no-audit --no-fund',
      run: 'npm test',
    },
  },
  {
    name: '@testcontainers/kafka with ZooKeeper',
    ...{
      ...{ directory: 'node', tag: zookeeperTag, needs: 'npm' },
      ...{ prepare: 'npm install --silent --no-audit --no-fund', run: 'npm test' },
    },
  },
  {
    name: 'org.testcontainers:kafka, its three classes in the place of four images',
    ...{ directory: 'java', tag: newTag, needs: 'mvn', prepare: 'mvn -q -B test-compile', run: 'mvn -q -B test' },
  },
  {
    name: "Python's testcontainers, with and without ZooKeeper",
    ...{ directory: 'python', tag: newTag, needs: 'python3' },
    ...{
      prepare: 'python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt',
      run: '.venv/bin/python -m unittest',
    },
  },
  {
    name: "testcontainers-go's module",
    ...{ directory: 'go', tag: newTag, needs: 'go', prepare: 'go test -c -o /dev/null', run: 'go test -count=1 ./...' },
  },
  {
    name: "Rust's testcontainers-modules, in the place of Apache's image",
    ...{ directory: 'rust', tag: newTag, needs: 'cargo', prepare: 'cargo test -q --no-run', run: 'cargo test -q' },
  },
]

export function moduleScenarios({ engine, image }: Subject): Scenario[] {
  return modules.map(({ name, directory, tag, needs, prepare, run }) => ({
    name,
    msMax: projectMsMax,
    ...(spawnSync('sh', ['-c', `command -v ${needs}`]).status === 0 ? {} : { skipped: `there is no ${needs} here` }),
    run: async () => {
      const scratch = mkdtempSync(join(tmpdir(), 'ottla-module-'))
      const socket = await socketOf(engine, scratch)
      const tagged = `ottla-check:${tag}`
      try {
        await engine.do('tag', image, tagged)
        cpSync(join(root, 'examples', 'testcontainers', directory), scratch, { recursive: true })
        const env = { ...process.env, ...socket.env, TESTCONTAINERS_RYUK_DISABLED: 'true', OTTLA_IMAGE: tagged }
        await finish(prepare, scratch, env)
        const begin = performance.now()
        await finish(run, scratch, env)
        return `${((performance.now() - begin) / 1000).toFixed(1)} s`
      } finally {
        socket.close()
        await engine.do('rmi', tagged).catch(() => {})
        rmSync(scratch, { recursive: true, force: true })
      }
    },
  }))
}

/** The socket that Docker's clients find; podman opens one for as long as it is needed. */
export async function socketOf(
  engine: Engine,
  scratch: string,
): Promise<{ env: Record<string, string>; close(): void }> {
  if (engine.program === 'docker') return { env: {}, close: () => {} }
  const own = join(scratch, 'podman.sock')
  const service: ChildProcess = spawn('podman', ['system', 'service', '--time=0', `unix://${own}`], {
    stdio: 'ignore',
  })
  await until('the socket of podman', () => existsSync(own) || undefined)
  const path = join(scratch, 'docker.sock')
  const end = dockerAnswers(path, own)
  // Where this machine is a container itself, Python's would look for a gateway in an answer that podman gives in another form.
  const env = { DOCKER_HOST: `unix://${path}`, TESTCONTAINERS_CONNECTION_MODE: 'docker_host' }
  const close = () => {
    end()
    service.kill()
  }
  return { env, close }
}

/** Runs words of a shell. Throws the end of what they said where they fail. */
export async function finish(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('sh', ['-c', command], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += chunk
    })
  }
  const code = await new Promise(resolve => child.once('close', resolve))
  assert.equal(code, 0, `${command}: ${output.trim().split('\n').slice(-12).join('\n')}`)
}
