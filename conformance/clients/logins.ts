/** librdkafka logs in by SASL: each mechanism, and what it is told where it is not let in. */
import assert from 'node:assert/strict'
import { type Mechanism, mechanisms, password, startBrokerWithLogins, user } from '../logins.ts'
import type { Scenario } from '../scenario.ts'
import { output } from './client.ts'
import { pythonProgram } from './python.ts'

/** The librdkafka of Debian's kcat is too old for SCRAM: it is not let in by Apache Kafka either. So Python's is asked. */
export function loginScenarios(): Scenario[] {
  const program = pythonProgram('logins.py')
  return mechanisms.map(mechanism => ({
    name: `confluent-kafka logs in by ${mechanism}, and not with a wrong password`,
    run: () => logsIn(mechanism),
    ...(typeof program === 'string' ? { skipped: program } : {}),
  }))
}

async function logsIn(mechanism: Mechanism): Promise<undefined> {
  const program = pythonProgram('logins.py')
  assert(typeof program !== 'string')
  const broker = await startBrokerWithLogins()
  const as = (name: string, secret: string) => {
    const { command, args } = program([broker.bootstrap, mechanism, name, secret])
    return output(command, args)
  }
  try {
    assert.equal(await as(user, password), 'hello\n')
    assert.match(await as(user, 'wrong'), /^refused: .*Authentication failed/)
    assert.match(await as('nobody', password), /^refused: .*Authentication failed/)
    return undefined
  } finally {
    await broker.stop()
  }
}
