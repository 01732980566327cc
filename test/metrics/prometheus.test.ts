/** The dashboard and the alerts of docs/metrics: they ask for what there is, and Prometheus understands them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kafka, logLevel } from 'kafkajs'
import t, { type Test } from 'tap'
import { Broker } from '../../lib/broker.ts'
import { freePort } from '../free-port.ts'
import { Scrape } from './scrape.ts'

const docs = fileURLToPath(new URL('../../docs/metrics', import.meta.url))
const missing = spawnSync('promtool', ['--version']).error !== undefined
const skip = missing ? "Debian's prometheus is not installed" : false

interface Panel {
  readonly title: string
  readonly targets?: readonly { readonly expr: string }[]
}

/** The queries of the dashboard by panel, with what Grafana puts in. */
function dashboardQueries(): [title: string, expr: string][] {
  const { panels } = JSON.parse(readFileSync(join(docs, 'dashboard.json'), 'utf8')) as { panels: Panel[] }
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }): [string, string] => [
      title,
      expr.replaceAll('$__rate_interval', '4s').replaceAll(/\$(?:instance|topic|group)/g, '.*'),
    ]),
  )
}

/** The expressions of the alerts, by their names: the rules are YAML of few forms. */
function alertQueries(): [name: string, expr: string][] {
  const text = readFileSync(join(docs, 'alerts.yml'), 'utf8')
  return [...text.matchAll(/- alert: (\w+)\n +expr: (.+)\n/g)].map(([, name, expr]) => [name!, expr!])
}

const namesIn = (text: string) => new Set(text.match(/\b(?:ottla|process)_[a-z_]+\b/g) ?? [])

async function start(t: Test) {
  const broker = await Broker.start({
    ...{ port: 0, ephemeral: true, dev: true, http: '0', logLevel: 'error', topics: { orders: 2 } },
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  })
  t.teardown(() => broker.stop())
  const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING })
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId: 'billing' })
  await producer.connect()
  t.teardown(() => producer.disconnect())
  t.teardown(() => consumer.disconnect())
  await consumer.subscribe({ topics: ['orders'], fromBeginning: true })
  await consumer.run({ autoCommitInterval: 500, eachMessage: async () => {} })
  const messages = Array.from({ length: 20 }, (_, i) => ({ partition: i % 2, value: `${i}` }))
  return { broker, produce: () => producer.send({ topic: 'orders', messages }) }
}

t.test('they ask for figures that there are', async t => {
  const { broker } = await start(t)
  const { text } = await Scrape.of(broker)
  // Of what did not happen here nothing is told, but what is declared.
  const declared = new Set([
    ...namesIn(text),
    ...[
      'ottla_auth_failures_total',
      'ottla_series_dropped_total',
      'ottla_follower_lag_records',
      'ottla_log_dir_bytes_free',
    ],
    ...['ottla_group_status', 'ottla_group_lag', 'ottla_group_lag_seconds', 'ottla_rebalances_total'],
    ...['ottla_request_seconds_bucket', 'ottla_request_seconds_sum', 'ottla_request_seconds_count'],
  ])
  const queries = [...dashboardQueries(), ...alertQueries()]
  t.ok(queries.length > 45, String(queries.length))
  const unknown = queries.filter(([, expr]) => [...namesIn(expr)].some(name => !declared.has(name)))
  t.same(unknown, [])
})

t.test('promtool finds nothing wrong with the alerts, and they fire when they are to', { skip }, async t => {
  for (const args of [
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ]) {
    const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: docs, encoding: 'utf8' })
    t.equal(status, 0, `${stdout}${stderr}`)
  }
})

t.test('each query runs on Prometheus, and finds what it shows', { skip }, async t => {
  const { broker, produce } = await start(t)
  const port = await freePort()
  const directory = t.testdir()
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(docs, 'alerts.yml')],
    scrape_configs: [{ job_name: 'ottla', static_configs: [{ targets: [broker.http] }] }],
  }
  // YAML is a superset of JSON.
  writeFileSync(join(directory, 'prometheus.yml'), JSON.stringify(config))
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: 'ignore' },
  )
  t.teardown(() => ended(prometheus))
  const query = async (expr: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expr)}`)
    return (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } }
  }
  // Until it has scraped often enough for rates, with something to see.
  for (;;) {
    await produce()
    const scrapes = await query('count_over_time(up{job="ottla"}[4s]) >= 3 and up{job="ottla"} == 1').catch(() => null)
    const seen = await query('sum(rate(ottla_bytes_total{direction="out"}[4s])) > 0').catch(() => null)
    if ((scrapes?.data?.result.length ?? 0) > 0 && (seen?.data?.result.length ?? 0) > 0) break
    await new Promise(resolve => setTimeout(resolve, 200))
  }
  const mayBeEmpty =
    /error!=|auth_failures|group_status|follower_lag|log_dir_bytes_free|isr_changes|status!=|rebalances|cleaner_failed/
  for (const [title, expr] of dashboardQueries()) {
    const { status, error, data } = await query(expr)
    t.equal(status, 'success', `${title}: ${error ?? ''}`)
    if (!mayBeEmpty.test(expr)) t.ok(data!.result.length > 0, `${title} shows something: ${expr}`)
  }
  for (const [name, expr] of alertQueries()) {
    const { status, error } = await query(expr)
    t.equal(status, 'success', `${name}: ${error ?? ''}`)
  }
  const rules = (await (await fetch(`http://127.0.0.1:${port}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string; state: string }[] }[] }
  }
  const all = rules.data.groups.flatMap(group => group.rules)
  t.equal(all.length, alertQueries().length)
  t.same(
    all.filter(({ state }) => state === 'firing').map(({ name }) => name),
    [],
    'nothing is wrong with a broker that works',
  )
})

function ended(child: ChildProcess): Promise<void> {
  return new Promise(resolve => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
