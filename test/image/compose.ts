/** The compose files of examples/compose, by whichever compose there is. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { Client, readAll } from '../../conformance/kafkajs/kafka.ts'
import { type Scenario, until } from '../../conformance/scenario.ts'
import { root } from '../sources.ts'
import { finished } from './engine.ts'
import type { Subject } from './main.ts'

/** The commands of compose, the first that answers. */
const composes = [['docker', 'compose'], ['podman-compose'], ['podman', 'compose']] as const

function compose(): readonly string[] | undefined {
  return composes.find(([program, ...args]) => spawnSync(program, [...args, 'version']).status === 0)
}

export function composeScenarios({ image }: Subject): Scenario[] {
  const found = compose()
  const skipped = found === undefined ? { skipped: 'there is no compose here: pip install podman-compose' } : {}

  async function run(file: string, ...verb: readonly string[]): Promise<string> {
    process.env.OTTLA_IMAGE = image
    const path = join(root, 'examples', 'compose', file)
    const { code, stdout, stderr } = await finished(found![0]!, [...found!.slice(1), '--file', path, ...verb])
    assert.equal(code, 0, `${verb[0]}: ${stderr}`)
    return stdout
  }

  const serves = (file: string, bootstrap: string, topics: readonly string[]): Scenario => ({
    name: `examples/compose/${file} serves at ${bootstrap}`,
    ...skipped,
    run: async () => {
      await run(file, 'up', '--detach')
      try {
        const client = new Client(bootstrap)
        try {
          const admin = await client.admin()
          await until(`topics ${topics}`, async () => {
            const there = await admin.listTopics()
            return topics.every(topic => there.includes(topic)) ? true : undefined
          })
          const topic = await client.topic('composed')
          await (await client.producer()).send({ topic, messages: [{ value: 'x' }] })
          await readAll(client, topic, 1)
        } finally {
          await client.close()
        }
      } finally {
        await run(file, 'down', '--volumes')
      }
      return undefined
    },
  })

  return [
    serves('one-broker.yaml', 'localhost:9092', ['orders']),
    serves('inside-and-outside.yaml', 'localhost:9094', ['orders']),
    {
      name: 'examples/compose/web-ui.yaml is understood',
      ...skipped,
      run: async () => {
        assert.match(await run('web-ui.yaml', 'config'), /kafka-ui/)
        return undefined
      },
    },
  ]
}
