/**
 * Admin clients of others, unchanged: what each is answered, question by question, is what Apache Kafka 4.4 answers it.
 *
 *     npm run conformance -- clients admin
 *     npm run conformance -- clients admin --bootstrap KAFKA --record     writes down anew what an Apache Kafka of one broker, with id 1, answers
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { systemRandom } from '../../lib/base/random.ts'
import type { Scenario } from '../scenario.ts'
import type { Command } from '../transactions/puppet.ts'
import { output } from './client.ts'
import { franzAdmin, saramaAdmin } from './franz.ts'
import { pythonProgram } from './python.ts'

const recorded = new URL('../recorded/admin-clients.json', import.meta.url)

interface AdminClient {
  readonly name: string
  /** The program, or the reason why there is none. */
  readonly program: () => Command | string
}

const adminClients: readonly AdminClient[] = [
  { name: 'franz-go (kadm)', program: franzAdmin },
  { name: 'sarama (ClusterAdmin)', program: saramaAdmin },
  {
    name: 'kafka-python (KafkaAdminClient)',
    program: () => {
      const program = pythonProgram('python_admin.py')
      return typeof program === 'string' ? program : program([])
    },
  },
]

/** One scenario for each client. */
export function adminScenarios(bootstrap: string, record: boolean): Scenario[] {
  return adminClients.map(({ name, program }) => {
    const made = program()
    return {
      name: `${name}: every question is answered as by Apache Kafka`,
      run: () => (typeof made === 'string' ? Promise.resolve(made) : asked(name, made, bootstrap, record)),
      ...(typeof made === 'string' ? { skipped: made } : {}),
    }
  })
}

async function asked(name: string, { command, args }: Command, bootstrap: string, record: boolean): Promise<string> {
  const prefix = `admin-${systemRandom
    .uuid()
    .replaceAll(/[^a-zA-Z0-9]/g, '')
    .slice(0, 8)}`
  const lines = (await output(command, [...args, bootstrap, prefix])).trimEnd().split('\n')
  const all = answers()
  if (record) writeFileSync(recorded, `${JSON.stringify({ ...all, [name]: lines }, null, 2)}\n`)
  else assert.deepEqual(lines, all[name])
  return `${lines.length} questions`
}

function answers(): Record<string, string[]> {
  try {
    return JSON.parse(readFileSync(recorded, 'utf8'))
  } catch {
    return {}
  }
}
