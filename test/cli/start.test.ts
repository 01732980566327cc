/** The command as a person runs it: the built one, in processes of its own. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
execFileSync(process.execPath, [join(root, 'scripts', 'run.mjs'), 'build'], { stdio: 'ignore' })
const command = join(root, 'dist', 'ottla.js')

interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line that ends by itself. */
function ottla(...args: readonly string[]): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { code: status, stdout, stderr }
}

interface Test {
  teardown(run: () => void): void
}

interface Running {
  readonly process: ChildProcess
  readonly host: string
  readonly port: number
  readonly line: string
  /** Sends a signal and answers the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>
}

/** Starts a broker and waits for the line that says that it is ready. */
function serving(t: Test, ...args: readonly string[]): Promise<Running> {
  return started(t, process.execPath, [command, 'start', '--port', '0', '--dev', ...args])
}

async function started(t: Test, program: string, args: readonly string[]): Promise<Running> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.includes('\n')) break
  }
  const match = /^ottla ready: (.+):(\d+), node (\d+), data (.+), (\d+) ms since process start\n$/.exec(output)
  if (match === null) throw new Error(`no line that says that it is ready, but ${JSON.stringify(output)}`)
  return {
    process: child,
    host: match[1]!,
    port: Number(match[2]),
    line: output,
    end: async signal => {
      child.kill(signal)
      const [code] = await ended
      return code as number | null
    },
  }
}

async function topicCount({ host, port }: Running): Promise<number> {
  const client = await Client.connect({ host, port })
  const { topics } = await client.send(Metadata, 1, { topics: null } as never)
  await client.close()
  return topics.length
}

t.test('one line on standard output says when clients can connect, and where', async t => {
  const broker = await serving(t, '--ephemeral')
  t.match(broker.line, /data in memory/)
  t.equal(await topicCount(broker), 0, 'and then they can')
  t.equal(await broker.end('SIGTERM'), 0, 'SIGTERM ends it cleanly')
})

t.test('npm start passes signals on, and waits for the end', async t => {
  const broker = await started(t, 'npm', ['start', '--silent', '--', '--dev', '--ephemeral', '--port', '0'])
  t.equal(await broker.end('SIGTERM'), 0)
  await t.rejects(Client.connect(broker), 'nobody is left who listens')
})

t.test('SIGINT ends it cleanly too, also while clients are connected', async t => {
  const broker = await serving(t, '--ephemeral')
  const client = await Client.connect(broker)
  t.equal(await broker.end('SIGINT'), 0)
  await client.closed
})

t.test('a data directory belongs to one broker at a time', async t => {
  const data = join(t.testdir(), 'data')
  const broker = await serving(t, '--data', data)
  t.match(broker.line, data)
  const second = ottla('start', '--port', '0', '--data', data)
  t.equal(second.code, 1)
  t.match(second.stderr, data, 'the second is told which directory')
  t.equal(await broker.end('SIGTERM'), 0)
  const third = await serving(t, '--data', data)
  t.equal(await third.end('SIGTERM'), 0, 'it is free again afterwards')
})

t.test('a taken port is told with what to do', async t => {
  const broker = await serving(t, '--ephemeral')
  const { code, stderr } = ottla('start', '--ephemeral', '--port', String(broker.port))
  t.equal(code, 1)
  t.match(stderr, `${broker.port}`)
  t.match(stderr, 'choose another port')
})

t.test('a properties file is read, and --set wins over it', async t => {
  const file = join(t.testdir(), 'server.properties')
  writeFileSync(file, '# Kafka’s own syntax\nnode.id=7\nnum.partitions : 3\nno.such.property=1\n')
  const broker = await serving(t, file, '--ephemeral', '--set', 'node.id=7', 'node.id=8', '--log-level', 'silent')
  t.match(broker.line, /node 8,/)
  t.equal(await broker.end('SIGTERM'), 0)
})

t.test('what cannot be carried out says what to do next, with exit code 1', async t => {
  const file = join(t.testdir(), 'bad.properties')
  writeFileSync(file, 'num.partitions=many\n')
  for (const [args, expected] of [
    [['start', '--prot', '9092'], /--help/],
    [['start', '--port', '99999'], /0 to 65535/],
    [['start', '--port', ''], /--port/],
    [['start', '--ephemeral', '--data', 'x'], /--ephemeral/],
    [['start', '--set', 'no-value'], /name=value/],
    [['start', '--log-level', 'loud'], /trace, debug/],
    [['start', 'a.properties', 'b.properties'], /one properties file/],
    [['start', 'missing.properties'], /missing\.properties/],
    [['start', file], /num\.partitions/],
    [['start', '--ephemeral', '--port', '0', '--set', 'log.retention.ms=soon'], /log\.retention\.ms/],
    [['serve'], /--help/],
    [['protocol', 'guess'], /decode/],
  ] as const) {
    const { code, stdout, stderr } = ottla(...args)
    t.equal(code, 1, args.join(' '))
    t.match(stderr, expected, args.join(' '))
    t.equal(stdout, '', 'standard output is kept for results')
    t.notMatch(stderr, /\n\s+at /, 'no stack for what is not our fault')
  }
})

t.test('help and version', async t => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.equal(ottla('--version').stdout, `${version}\n`)
  t.match(ottla('--help').stdout, 'ottla start')
  t.match(ottla().stdout, 'ottla start')
  const help = ottla('start', '--help')
  t.equal(help.code, 0)
  for (const option of ['--port', '--host', '--data', '--ephemeral', '--dev', '--set', '--log-level']) {
    t.match(help.stdout, option)
  }
})
