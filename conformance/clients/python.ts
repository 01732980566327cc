/** The Python clients, in an environment of their own that is made on first use and kept. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '../transactions/puppet.ts'
import { type ClientUnderTest, type CodecName, codecs, Member, output } from './client.ts'
import { franzConsumer } from './franz.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ottla', 'python-clients')
const python = join(cache, 'bin', 'python')

/** Why the clients are not there, or null. Installs them where they are not. */
function install(): string | null {
  const requirements = readFileSync(join(here, 'requirements.txt'), 'utf8')
  const stamp = join(cache, 'requirements.txt')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === requirements) return null
  mkdirSync(cache, { recursive: true })
  console.error('conformance: installing the Python clients …')
  const made = spawnSync('python3', ['-m', 'venv', cache], { encoding: 'utf8' })
  if (made.status !== 0)
    return `python3 -m venv failed: ${(made.stderr ?? String(made.error)).trim().split('\n').at(-1)}`
  const pip = spawnSync(python, ['-m', 'pip', 'install', '--quiet', '-r', join(here, 'requirements.txt')], {
    encoding: 'utf8',
  })
  if (pip.status !== 0) return `pip install failed: ${pip.stderr.trim().split('\n').at(-1)}`
  writeFileSync(stamp, requirements)
  return null
}

/** A program on these clients, or the reason why there is none. */
export function pythonProgram(file: string): ((args: readonly string[]) => Command) | string {
  return install() ?? (args => ({ command: python, args: [resolve(here, file), ...args] }))
}

/** The three of them. */
export function pythonClients(): ClientUnderTest[] {
  const missing = install()
  return [
    ['kafka-python', 'kafka_python.py'],
    ['aiokafka', 'aio_kafka.py'],
    ['confluent-kafka', 'confluent.py'],
  ].map(([name, file]) => client(name!, join(here, file!), missing))
}

/** librdkafka with the consumer protocol of KIP-848. */
export function newProtocolClients(): ClientUnderTest[] {
  const missing = install()
  const confluent = client('confluent-kafka', join(here, 'confluent.py'), missing, ['consumer'])
  const franz = franzConsumer()
  const reason = missing ?? (typeof franz === 'string' ? franz : null)
  const consume = (bootstrap: string, topic: string, group: string) => {
    if (typeof franz === 'string') throw new Error(franz)
    return new Member(franz.command, [...franz.args, bootstrap, topic, group], assignedIn)
  }
  return [confluent, { ...confluent, name: 'franz-go', missing: reason, consume }]
}

function assignedIn(line: string): number | null {
  const match = /^assigned (\d+)$/.exec(line)
  return match === null ? null : Number(match[1])
}

function client(name: string, script: string, missing: string | null, words: readonly string[] = []): ClientUnderTest {
  return {
    name,
    codecs,
    missing,
    async produce(bootstrap: string, topic: string, codec: CodecName, first: number, count: number): Promise<void> {
      await output(python, [script, 'produce', bootstrap, topic, codec, `${first}`, `${count}`])
    },
    consume(bootstrap: string, topic: string, group: string): Member {
      return new Member(python, [script, 'consume', bootstrap, topic, group, ...words], assignedIn)
    },
  }
}
