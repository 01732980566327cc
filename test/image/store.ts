/** Where the data are: volumes, a root that cannot be written, directories of other images. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Client, readAll } from '../../conformance/kafkajs/kafka.ts'
import type { Scenario } from '../../conformance/scenario.ts'
import { type Container, freePort } from './engine.ts'
import type { Subject } from './main.ts'

async function withClient<T>(bootstrap: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(bootstrap)
  try {
    return await work(client)
  } finally {
    await client.close()
  }
}

export function storeScenarios({ engine, image }: Subject): Scenario[] {
  async function serving(options: readonly string[], ...command: readonly string[]): Promise<[Container, string]> {
    const bootstrap = `localhost:${await freePort()}`
    const outside = ['--publish', `${bootstrap.split(':')[1]}:9092`, '--env', `OTTLA_PUBLISHED=${bootstrap}`]
    const broker = await engine.start([...outside, ...options], image, ...command)
    await broker.says('Kafka Server started')
    return [broker, bootstrap]
  }

  const keeps = (place: string, ...options: readonly string[]): Scenario => ({
    name: `records are there again from a volume at ${place}${options.length > 0 ? `, with ${options.join(' ')}` : ''}`,
    run: async () => {
      const volume = ['--volume', `${await engine.volume()}:${place}`]
      const [first, at] = await serving([...volume, ...options])
      const topic = await withClient(at, async client => {
        const made = await client.topic('kept', 1)
        await (await client.producer()).send({ topic: made, messages: [{ value: 'still there' }] })
        return made
      })
      await first.stop()
      await first.remove()
      const [second, again] = await serving([...volume, ...options])
      const [seen] = await withClient(again, client => readAll(client, topic, 1))
      assert.equal(seen!.value, 'still there')
      await second.remove()
      return undefined
    },
  })

  return [
    keeps('/var/lib/kafka/data'),
    keeps('/bitnami/kafka', '--env', 'ALLOW_PLAINTEXT_LISTENER=yes'),
    keeps('/data', '--env', 'KAFKA_LOG_DIRS=/data', '--user', '0:0'),
    {
      name: 'without a command it serves from a root that cannot be written',
      run: async () => {
        const [broker, bootstrap] = await serving(['--read-only'])
        await withClient(bootstrap, client => client.topic('read-only'))
        assert.equal((await broker.stop()).code, 0)
        return undefined
      },
    },
    {
      name: 'scripts in /docker-entrypoint-initdb.d run before the first start, and not again',
      run: async () => {
        const scripts = join(import.meta.dirname, 'init')
        const broker = await engine.start(
          ['--volume', `${scripts}:/docker-entrypoint-initdb.d:ro`, '--env', 'ALLOW_PLAINTEXT_LISTENER=yes'],
          image,
          ...['/opt/bitnami/scripts/kafka/entrypoint.sh', '/opt/bitnami/scripts/kafka/run.sh'],
        )
        await broker.says('Kafka Server started')
        await broker.stop()
        await engine.do('start', broker.name)
        await broker.says(/Kafka Server started[\s\S]*Kafka Server started/)
        assert.equal((await broker.log()).split('the script ran').length, 2, await broker.log())
        return undefined
      },
    },
    {
      name: 'a directory that cannot be written ends the start, and the remedy is named',
      run: async () => {
        const { code, stdout, stderr } = await engine.once(
          ['--tmpfs', '/data:mode=555', '--env', 'KAFKA_LOG_DIRS=/data'],
          image,
        )
        assert.equal(code, 1)
        assert.match(stdout + stderr, /\/data/)
        return stderr.trim().split('\n').at(-1)
      },
    },
  ]
}
