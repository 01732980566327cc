/** What the image is made of, as whom it runs, and how it stands as the first process of a container. */
import assert from 'node:assert/strict'
import { type Scenario, until } from '../../conformance/scenario.ts'
import type { Subject } from './main.ts'

/** How much more than its base the image may take. */
const overBaseMbMax = 30

interface Inspected {
  readonly Config: {
    readonly User: string
    readonly ExposedPorts: Readonly<Record<string, unknown>>
    readonly Entrypoint?: readonly string[] | null
    readonly Healthcheck?: { readonly Test: readonly string[] }
  }
  /** Where podman tells it. */
  readonly Healthcheck?: { readonly Test: readonly string[] }
}

export function processScenarios({ engine, image, base }: Subject): Scenario[] {
  const runsAs = (user: string): Scenario => ({
    name: `it serves as user ${user}`,
    run: async () => {
      const broker = await engine.start(['--user', user], image)
      await broker.says('Kafka Server started')
      const checked = await broker.exec('ottla', 'health')
      assert.equal(checked.code, 0, checked.stderr)
      const { stdout } = await broker.exec('id', '-u')
      assert.equal(stdout.trim(), user.split(':')[0])
      assert.equal((await broker.stop()).code, 0)
      return undefined
    },
  })
  return [
    {
      name: `it takes at most ${overBaseMbMax} MB over its base`,
      run: async () => {
        const [own, below] = await Promise.all(
          [image, base].map(async name => Number(await engine.do('image', 'inspect', '--format', '{{.Size}}', name))),
        )
        const mb = (own! - below!) / 1e6
        assert.ok(mb <= overBaseMbMax, `${mb.toFixed(1)} MB`)
        return `${mb.toFixed(1)} MB`
      },
    },
    {
      name: 'it is told as starters expect it: user by number, one port, no entry point, a health check',
      run: async () => {
        const [{ Config: config, Healthcheck: health = config.Healthcheck }] = JSON.parse(
          await engine.do('image', 'inspect', image),
        ) as [Inspected]
        assert.equal(config.User, '1000:0')
        assert.deepEqual(Object.keys(config.ExposedPorts), ['9092/tcp'])
        assert.equal(config.Entrypoint?.length ?? 0, 0)
        assert.deepEqual(health?.Test, ['CMD', 'ottla', 'health'])
        return undefined
      },
    },
    {
      name: 'it has the tools that start scripts use, a directory to work in, and no npm',
      run: async () => {
        const script = `set -e; for tool in bash sh sed awk grep cut hostname; do command -v "$tool" > /dev/null; done
          touch here; echo '' > /etc/confluent/docker/ensure; sed -i '/x/d' /etc/confluent/docker/configure /etc/kafka/docker/run
          touch /opt/kafka/testcontainers_start.sh /etc/kafka/secrets/x /bitnami/kafka/x /opt/bitnami/kafka/config/x
          ! test -e /opt/ottla/node_modules/esbuild; ! test -e /opt/ottla/node_modules/npm`
        for (const user of ['1000:0', '1001:0', '4711:0']) {
          const { code, stderr } = await engine.once(['--user', user], image, 'bash', '-c', script)
          assert.equal(code, 0, `${user}: ${stderr}`)
        }
        return undefined
      },
    },
    ...['1001:0', '4711:0', '0:0'].map(runsAs),
    {
      name: 'any command is handed on, and its exit code comes back',
      run: async () => {
        assert.equal((await engine.once([], image, 'bash', '-c', 'exit 7')).code, 7)
        const { stdout } = await engine.once([], image, 'ottla', '--version')
        assert.match(stdout, /^ottla \d|^\d/)
        return stdout.trim()
      },
    },
    {
      name: 'as the first process it collects the orphans of others',
      run: async () => {
        const broker = await engine.start([], image)
        await broker.says('Kafka Server started')
        // The subshell ends at once, and its child becomes one of the first process.
        await broker.exec('bash', '-c', '(sleep 0.2 &) ; exit 0')
        await until('no process that ended and was not collected', async () => {
          const { stdout } = await broker.exec('bash', '-c', 'cat /proc/[0-9]*/stat 2> /dev/null')
          return / [ZX] |\(sleep\)/.test(stdout) ? undefined : true
        })
        return undefined
      },
    },
    {
      name: 'it can be stopped while it starts',
      run: async () => {
        const broker = await engine.start([], image)
        const { elapsedMs, code } = await broker.stop()
        assert.equal(code, 0)
        assert.ok(elapsedMs < 2_000, `it took ${elapsedMs} ms`)
        return `${elapsedMs} ms`
      },
    },
  ]
}
