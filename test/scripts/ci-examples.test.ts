/** The files for CI: the page shows them as they are, and the step of the action starts a broker that outlives it. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Client } from '../../lib/client/client.ts'
import { Metadata } from '../../protocol/messages/metadata.ts'
import { command, root } from '../cli/command.ts'

t.test('docs/ci.md shows the files of examples/ci', async t => {
  const page = readFileSync(join(root, 'docs/ci.md'), 'utf8')
  for (const name of readdirSync(join(root, 'examples/ci'))) {
    t.ok(page.includes(`\n${readFileSync(join(root, 'examples/ci', name), 'utf8')}\`\`\`\n`), name)
  }
})

t.test('the version that the examples name is that of the package', async t => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const name of readdirSync(join(root, 'examples/ci'))) {
    const text = readFileSync(join(root, 'examples/ci', name), 'utf8')
    for (const [, named] of text.matchAll(/ottla(?:@v|:)(\d[\w.]*)/g)) t.equal(named, version, name)
  }
})

/** Runs the step in a directory, with an npx that runs the built command. */
function step(directory: string, inputs: Record<string, string>) {
  const bin = join(directory, 'npx')
  writeFileSync(
    bin,
    `#!/usr/bin/env bash\nwhile [[ $1 != -- ]]; do shift; done\nexec ${process.execPath} ${command} "\${@:3}"\n`,
  )
  chmodSync(bin, 0o755)
  const output = { GITHUB_ENV: join(directory, 'env'), GITHUB_OUTPUT: join(directory, 'output') }
  return spawnSync('bash', [join(root, 'scripts/action.sh')], {
    encoding: 'utf8',
    timeout: 30_000,
    env: { ...process.env, PATH: `${directory}:${process.env.PATH}`, RUNNER_TEMP: directory, ...output, ...inputs },
  })
}

t.test('the action starts a broker for the steps that follow, and tells them its address', async t => {
  const directory = t.testdir()
  const records = join(directory, 'records.jsonl')
  writeFileSync(records, '{"topic":"loaded","value":"a"}\n')
  const { status, stderr } = step(directory, {
    OTTLA_PORT: '0',
    OTTLA_TOPICS: 'orders:3\nprices:1:cleanup.policy=compact',
    OTTLA_LOAD: records,
    OTTLA_OPTIONS: '--set num.partitions=2',
  })
  t.equal(status, 0, stderr)
  const { pid, bootstrap } = JSON.parse(readFileSync(join(directory, 'ottla.json'), 'utf8'))
  t.teardown(() => process.kill(pid, 'SIGKILL'))
  t.equal(readFileSync(join(directory, 'env'), 'utf8'), `KAFKA_BOOTSTRAP_SERVERS=${bootstrap}\n`)
  t.equal(readFileSync(join(directory, 'output'), 'utf8'), `bootstrap-servers=${bootstrap}\n`)
  const [host, port] = bootstrap.split(':') as [string, string]
  const client = await Client.connect({ host, port: Number(port) })
  const { topics } = await client.send(Metadata, 1, { topics: null } as never)
  t.same(Object.fromEntries(topics.map(({ name, partitions }) => [name, partitions.length])), {
    orders: 3,
    prices: 1,
    loaded: 2,
  })
  await client.close()
})

t.test('a start that fails ends the step, with its log', async t => {
  const directory = t.testdir()
  const { status, stdout } = step(directory, { OTTLA_PORT: '0', OTTLA_TOPICS: 'orders:none' })
  t.equal(status, 1)
  t.match(stdout, /::error::.*\n[\s\S]*the topic 'orders:none'/)
  t.notOk(existsSync(join(directory, 'env')))
})
