/** The health check of the image: well only while records are kept and a group can be joined. */
import assert from 'node:assert/strict'
import { type Scenario, until } from '../../conformance/scenario.ts'
import { type Container, finished } from './engine.ts'
import type { Subject } from './main.ts'

export function healthScenarios({ engine, image }: Subject): Scenario[] {
  /** What the engine says of the container's health. Podman is told to look; without systemd it would never do so by itself. */
  async function healthy(broker: Container): Promise<boolean> {
    const asked = await finished('podman', ['healthcheck', 'run', broker.name])
    if (asked.code === 0 || asked.code === 1) return asked.code === 0
    const state = await until('a first health check', async () => {
      const health = await broker.inspect('{{.State.Health.Status}}')
      return health === 'starting' ? undefined : health
    })
    return state === 'healthy'
  }

  return [
    {
      name: 'its health check says healthy, and leaves nothing behind',
      run: async () => {
        const broker = await engine.start([], image)
        await broker.says('Kafka Server started')
        assert.equal(await healthy(broker), true)
        const { stdout } = await broker.exec('kafka-topics', '--bootstrap-server', 'localhost:9092', '--list')
        assert.equal(stdout.trim(), '')
        await broker.remove()
        return undefined
      },
    },
    {
      name: 'on a full disk it says unhealthy',
      run: async () => {
        const broker = await engine.start(['--tmpfs', '/data:size=2m,mode=777', '--env', 'KAFKA_LOG_DIRS=/data'], image)
        await broker.says('Kafka Server started')
        await broker.exec('bash', '-c', 'cat /dev/zero > /data/filler')
        assert.equal(await healthy(broker), false)
        await broker.exec('rm', '/data/filler')
        await broker.remove()
        return undefined
      },
    },
    {
      name: 'a broker that is held up is unhealthy, and healthy again afterwards',
      run: async () => {
        const broker = await engine.start([], image)
        await broker.says('Kafka Server started')
        await broker.exec('bash', '-c', 'kill -STOP $(pgrep -f ottla.cjs || cat /proc/1/task/1/children)')
        const held = await broker.exec('ottla', 'health')
        await broker.exec('bash', '-c', 'kill -CONT $(cat /proc/1/task/1/children)')
        assert.equal(held.code, 1)
        assert.equal((await broker.exec('ottla', 'health')).code, 0)
        await broker.remove()
        return undefined
      },
    },
  ]
}
