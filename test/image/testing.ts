/** The test-kit in a container: said through a published port, with a token and without, and the recipe of docs/testing.md as it stands. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, readAll } from '../../conformance/kafkajs/kafka.ts'
import { type Scenario, until } from '../../conformance/scenario.ts'
import { root } from '../sources.ts'
import { type Container, freePort } from './engine.ts'
import type { Subject } from './main.ts'
import { finish, projectMsMax, socketOf } from './modules.ts'

const token = 'secret'
const shown = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
const weekMs = 7 * 24 * 3_600_000

interface Answered {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

type Headers = Readonly<Record<string, string>>

/** By hand, as `fetch` sets Host and Origin by itself. */
function ask(port: number, method: string, word: string, headers: Headers, body: unknown): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: 'localhost', port, method, path: `/testing/${word}`, headers }, async answer => {
      let text = ''
      for await (const piece of answer) text += piece
      resolve({ status: answer.statusCode!, body: JSON.parse(text) })
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export function testingScenarios({ engine, image }: Subject): Scenario[] {
  let broker: Container
  let client: Client
  let [kafkaPort, httpPort] = [0, 0]
  const say = async (word: string, body?: unknown, method = 'POST') => {
    const { status, body: answer } = await ask(httpPort, method, word, shown, body)
    assert.equal(status, 200, `${word}: ${JSON.stringify(answer)}`)
    return answer
  }
  return [
    {
      name: 'with OTTLA_TESTING=1 it does not start without a token, as its port is not for this machine alone',
      run: async () => {
        const open = ['--env', 'OTTLA_TESTING=1', '--env', 'OTTLA_HTTP=0.0.0.0:8080']
        const { code, stderr } = await engine.once(open, image)
        assert.notEqual(code, 0)
        assert.match(stderr, /set OTTLA_TESTING_TOKEN to a secret, or to 'none'/)
        return undefined
      },
    },
    {
      name: 'the test-kit answers through a published port to who shows the token, and to nobody else',
      run: async () => {
        kafkaPort = await freePort()
        httpPort = await freePort()
        const ports = ['--publish', `${kafkaPort}:9092`, '--publish', `${httpPort}:8080`]
        const settings = ['OTTLA_TESTING=1', 'OTTLA_HTTP=0.0.0.0:8080', `OTTLA_TESTING_TOKEN=${token}`]
        broker = await engine.start([...ports, ...settings.flatMap(each => ['--env', each])], image)
        const ready = () => fetch(`http://localhost:${httpPort}/ready`).then(({ ok }) => ok || undefined)
        await until('/ready', () => ready().catch(() => undefined))
        const { authorization, ...json } = shown
        const refused: readonly [number, Headers][] = [
          [401, json],
          [401, { ...json, authorization: 'Bearer another' }],
          [403, { ...shown, origin: 'http://localhost' }],
          [415, { authorization }],
          [403, { ...shown, host: 'kafka.example.com' }],
        ]
        for (const [status, headers] of refused) {
          const answer = await ask(httpPort, 'POST', 'reset', headers, undefined)
          assert.equal(answer.status, status, JSON.stringify([headers, answer]))
          assert.equal(typeof answer.body.error, 'string')
        }
        await say('reset')
        return undefined
      },
    },
    {
      name: 'told where its port is published, it is found there, also after a reset',
      run: async () => {
        await say('advertise', { listeners: `PLAINTEXT://localhost:${kafkaPort}` })
        client = new Client(`localhost:${kafkaPort}`)
        const topic = await client.topic('before')
        const producer = await client.producer()
        await producer.send({ topic, messages: [{ value: 'one' }] })
        await readAll(client, topic, 1)
        await say('reset')
        const { topics } = await (await client.admin()).fetchTopicMetadata()
        assert.deepEqual(topics, [])
        const next = await client.topic('after')
        await producer.send({ topic: next, messages: [{ value: 'two' }] })
        const [seen] = await readAll(client, next, 1)
        assert.equal(seen!.value, 'two')
        return undefined
      },
    },
    {
      name: 'from outside a fault is met, waited for and verified, and a week passes',
      run: async () => {
        const topic = await client.topic('orders')
        const producer = await client.producer()
        const { id } = await say('faults', { api: 'Produce', topic, times: 1, error: 'NOT_LEADER_OR_FOLLOWER' })
        const early = await ask(httpPort, 'POST', 'verify', shown, undefined)
        assert.equal(early.status, 409)
        await producer.send({ topic, messages: [{ value: 'again' }] })
        await say('await', { fault: id, count: 1 })
        await say('verify')
        const { now: before } = await say('clock/freeze')
        const { now } = await say('clock/advance', { by: '7d' })
        assert.ok(Number(now) - Number(before) === weekMs, `${before} to ${now}`)
        await say('clock/resume')
        await client.close()
        await broker.remove()
        return undefined
      },
    },
    {
      name: 'the recipe of docs/testing.md for Testcontainers works as it stands',
      msMax: projectMsMax,
      ...(spawnSync('npm', ['--version']).status === 0 ? {} : { skipped: 'there is no npm here' }),
      run: async () => {
        const scratch = mkdtempSync(join(tmpdir(), 'ottla-recipe-'))
        const socket = await socketOf(engine, scratch)
        try {
          cpSync(join(root, 'examples', 'testcontainers', 'node', 'package.json'), join(scratch, 'package.json'))
          writeFileSync(join(scratch, 'recipe.mjs'), `${head}${recipe(image)}${tail}`)
          const env = { ...process.env, ...socket.env, TESTCONTAINERS_RYUK_DISABLED: 'true' }
          await finish('npm install --silent --no-audit --no-fund', scratch, env)
          await finish('node recipe.mjs', scratch, env)
        } finally {
          socket.close()
          rmSync(scratch, { recursive: true, force: true })
        }
        return undefined
      },
    },
  ]
}

/** The page's block, with the image under test. */
function recipe(image: string): string {
  const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8')
  const block = /^### Testcontainers$[\s\S]*?^```js\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? ''
  assert.ok(block.includes("'ottla:0.1.0'"))
  return block.replace("'ottla:0.1.0'", `'${image}'`)
}

const head = "import { Kafka } from 'kafkajs'\nimport { GenericContainer, Wait } from 'testcontainers'\n"
/** What a reader's test would go on with. */
const tail = `
const kafka = new Kafka({ brokers: [bootstrap] })
const producer = kafka.producer()
await producer.connect()
await producer.send({ topic: 'orders', messages: [{ value: 'one' }] })
await producer.disconnect()
const admin = kafka.admin()
await admin.connect()
const { brokers } = await admin.describeCluster()
const [{ host, port }] = brokers
if (host + ':' + port !== bootstrap) throw new Error('it is said to be at ' + host + ':' + port + ', not at ' + bootstrap)
await admin.disconnect()
await container.stop()
`
