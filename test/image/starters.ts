/**
 * How others start the image: scripts that wait to be told the published port, written over the image's own files. Those of modules
 * that no registry here offers are replayed, command for command; modules.ts runs the modules themselves.
 */
import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, readAll } from '../../conformance/kafkajs/kafka.ts'
import type { Scenario } from '../../conformance/scenario.ts'
import { type Container, freePort } from './engine.ts'
import type { Subject } from './main.ts'

function env(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`])
}

const twoListeners = {
  KAFKA_BROKER_ID: '1',
  KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
  KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER',
  KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  KAFKA_ZOOKEEPER_CONNECT: 'localhost:2181',
}

const zookeeper = `echo 'clientPort=2181' > zookeeper.properties
echo 'dataDir=/var/lib/zookeeper/data' >> zookeeper.properties
echo 'dataLogDir=/var/lib/zookeeper/log' >> zookeeper.properties
zookeeper-server-start zookeeper.properties &
`

async function copied(broker: Container, script: string, path: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'ottla-starter-'))
  try {
    const file = join(directory, 'script')
    writeFileSync(file, script)
    chmodSync(file, 0o755)
    await broker.engine.do('cp', file, `${broker.name}:${path}`)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function roundTrip(port: number): Promise<void> {
  const client = new Client(`localhost:${port}`)
  try {
    const topic = await client.topic('started')
    await (await client.producer()).send({ topic, messages: [{ value: 'x' }] })
    await readAll(client, topic, 1)
  } finally {
    await client.close()
  }
}

export function starterScenarios({ engine, image }: Subject): Scenario[] {
  /** Waits in a shell for a script, is given it, and serves through the port that it was told. */
  const waiting = (
    name: string,
    listeners: string,
    inside: number,
    script: (port: number) => string,
    says: string | RegExp,
    more: Readonly<Record<string, string>> = {},
  ): Scenario => ({
    name,
    run: async () => {
      const port = await freePort()
      const path = '/testcontainers.sh'
      const begin = performance.now()
      const broker = await engine.start(
        [
          ...['--publish', `${port}:${inside}`, '--entrypoint', '/bin/sh'],
          ...env({ ...twoListeners, KAFKA_LISTENERS: listeners, ...more }),
        ],
        image,
        ...['-c', `while [ ! -f ${path} ]; do sleep 0.1; done; ${path}`],
      )
      await copied(broker, script(port), path)
      await broker.says(says)
      await roundTrip(port)
      await broker.remove()
      return `${((performance.now() - begin) / 1000).toFixed(1)} s`
    },
  })

  const told = (port: number) =>
    `export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:${port},BROKER://$(hostname -i):9093,\n`
  const netListeners = 'PLAINTEXT://0.0.0.0:9092,BROKER://0.0.0.0:9093'

  return [
    waiting(
      'as .NET starts it with ZooKeeper: a script that empties ensure, and a comma too many',
      netListeners,
      9092,
      port =>
        `#!/bin/bash\n${zookeeper}${told(port)}echo '' > /etc/confluent/docker/ensure\nexec /etc/confluent/docker/run\n`,
      /\[KafkaServer id=\d+\] started/,
    ),
    waiting(
      'as .NET starts it without ZooKeeper',
      `${netListeners},CONTROLLER://0.0.0.0:9094`,
      9092,
      port => `#!/bin/bash\n${told(port)}exec /etc/confluent/docker/run\n`,
      'Transitioning from RECOVERY to RUNNING',
      {
        CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw',
        KAFKA_NODE_ID: '1',
        KAFKA_PROCESS_ROLES: 'broker,controller',
        KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
        KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9094',
        KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      },
    ),
    waiting(
      "as .NET starts Apache's image",
      netListeners,
      9092,
      port => `#!/bin/bash\n${told(port)}exec /etc/kafka/docker/run\n`,
      'Kafka Server started',
    ),
    waiting(
      'by a script that takes lines out of configure, adds to it, and sources bash-config under dash',
      'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092',
      9093,
      port => `#!/bin/sh
sed -i '/KAFKA_ZOOKEEPER_CONNECT/d' /etc/confluent/docker/configure
echo 'kafka-storage format --ignore-formatted -t "$(kafka-storage random-uuid)" -c /etc/kafka/kafka.properties' >> /etc/confluent/docker/configure
export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:${port},BROKER://$(hostname -i):9092
. /etc/confluent/docker/bash-config
/etc/confluent/docker/configure
/etc/confluent/docker/launch
`,
      'Kafka Server started',
    ),
    {
      name: "as Rust starts Confluent's image: the broker first, and its address by kafka-configs",
      run: async () => {
        const port = await freePort()
        const begin = performance.now()
        const broker = await engine.start(
          [
            ...['--publish', `${port}:9093`],
            ...env({
              ...twoListeners,
              KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092',
              KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://localhost:9093,BROKER://localhost:9092',
            }),
          ],
          image,
          ...['/bin/bash', '-c'],
          `${zookeeper}. /etc/confluent/docker/bash-config &&\n/etc/confluent/docker/configure &&\n/etc/confluent/docker/launch`,
        )
        await broker.says('Creating new log file')
        const altered = await broker.exec(
          ...['kafka-configs', '--alter', '--bootstrap-server', '0.0.0.0:9092'],
          ...['--entity-type', 'brokers', '--entity-name', '1', '--add-config'],
          `advertised.listeners=[PLAINTEXT://127.0.0.1:${port},BROKER://localhost:9092]`,
        )
        assert.equal(altered.code, 0, altered.stderr)
        await broker.says('Checking need to trigger auto leader balancing')
        await roundTrip(port)
        await broker.remove()
        return `${((performance.now() - begin) / 1000).toFixed(1)} s`
      },
    },
  ]
}
