/** `ottla metrics`, at a broker and at what is none. */
import { EventEmitter } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { Broker } from '../../lib/broker.ts'
import type { Io } from '../../lib/cli/io.ts'
import { metrics } from '../../lib/cli/metrics.ts'
import { figuresIn, quantileOf } from '../../lib/cli/metrics-text.ts'

class Process extends EventEmitter {
  output = ''
  errors = ''
  readonly stdout = { write: (text: string) => this.#write(text) }
  readonly stderr = {
    write: (text: string) => {
      this.errors += text
    },
  }
  wrote: () => void = () => {}

  #write(text: string): void {
    this.output += text
    this.wrote()
  }
}

async function run(...argv: string[]) {
  const io = new Process()
  const code = await metrics(argv, io as unknown as Io)
  return { code, output: io.output, errors: io.errors }
}

async function start(t: Test) {
  const broker = await Broker.start({ port: 0, ephemeral: true, http: '0', logLevel: 'error', topics: { orders: 2 } })
  t.teardown(() => broker.stop())
  return broker.http!
}

t.test('it shows what a broker tells, as far as the words go', async t => {
  const http = await start(t)
  const all = await run('--http', http)
  t.equal(all.code, 0)
  t.match(all.output, /^ottla_build_info\{version="\d+\.\d+\.\d+".*\} +1$/m)
  t.match(all.output, /^ottla_event_loop_delay_seconds +\d+/m)
  t.equal((await run('--http', http, 'log_bytes', 'orders')).output, 'ottla_log_bytes{topic="orders"}  0\n')
  t.equal(
    (await run('--http', `http://${http}/`, '--partitions', 'log_end_offset')).output,
    'ottla_log_end_offset{topic="orders",partition="0"}  0\nottla_log_end_offset{topic="orders",partition="1"}  0\n',
  )
  t.same(JSON.parse((await run('--http', http, '--json', 'log_bytes')).output), [
    { name: 'ottla_log_bytes', labels: '{topic="orders"}', value: 0 },
  ])
  t.equal((await run('--http', http, 'nothing of the kind')).output, '')
})

t.test('where nobody tells figures it says what to do', async t => {
  const other = createServer((_, response) => {
    response.statusCode = 404
    response.end('not here')
  })
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  t.match(await run('--http', String(port)), { code: 1, errors: /answers 404: not here/ })
  await new Promise(resolve => other.close(resolve))
  t.match(await run('--http', String(port)), { code: 1, output: '', errors: /is there a broker with --http/ })
  await t.rejects(run('--every', 'often'), { message: /--every often is no time/ })
  await t.rejects(run('--nothing'), { message: /ottla metrics --help/ })
  t.match(await run('--help'), { code: 0, output: /ottla metrics \[WORD/ })
})

t.test('again and again, it shows what came up a second', async t => {
  let [scrapes, count] = [0, 0]
  const server = createServer((_, response) => {
    scrapes++
    count += 1_000
    response.end(`# TYPE ottla_records_total counter\nottla_records_total{topic="a b"} ${count}\n`)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const io = new Process()
  io.wrote = () => {
    if (scrapes === 3) io.emit('SIGINT')
  }
  const { port } = server.address() as { port: number }
  t.equal(await metrics(['--http', `127.0.0.1:${port}`, '--every', '0.1'], io as unknown as Io), 130)
  const lines = io.output.split('\n').filter(line => line !== '')
  t.match(lines[0], /^ottla_records_total\{topic="a b"\} {2}1000$/)
  t.match(lines[2], /^ottla_records_total\{topic="a b"\} {2}3000 {2}\d+(\.\d+)?\/s$/)
})

t.test('Ctrl-C ends at once what waits for its next look, as the code of a signal tells', async t => {
  const server = createServer((_, response) => response.end('# TYPE ottla_up gauge\nottla_up 1\n'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const io = new Process()
  io.wrote = () => setImmediate(() => io.emit('SIGINT'))
  const { port } = server.address() as { port: number }
  t.equal(await metrics(['--http', `127.0.0.1:${port}`, '--every', '3600'], io as unknown as Io), 130)
  t.equal(io.output, 'ottla_up  1\n')
  t.equal(io.listenerCount('SIGINT') + io.listenerCount('SIGTERM'), 0)
})

t.test('a distribution is one figure, with what most of it is below', t => {
  const text = (counts: number[], sum: number) =>
    `# TYPE s histogram\n${[0.1, 1, '+Inf'].map((le, i) => `s_bucket{api="a",le="${le}"} ${counts[i]}\n`).join('')}` +
    `s_sum{api="a"} ${sum}\ns_count{api="a"} ${counts[2]}\n# TYPE t_count gauge\nt_count 5\n`
  const [now, other] = figuresIn(text([50, 100, 100], 20))
  t.match(now, { name: 's', labels: '{api="a"}', type: 'histogram', value: 100, spread: { sum: 20 } })
  t.match(other, { name: 't_count', value: 5, spread: null })
  t.equal(quantileOf(now!, null, 0.5), 0.1)
  t.equal(quantileOf(now!, null, 0.99), 1)
  const [later] = figuresIn(text([50, 100, 120], 90))
  t.equal(quantileOf(later!, now!, 0.5), Number.POSITIVE_INFINITY, 'of what came since')
  t.equal(quantileOf(now!, now!, 0.5), null)
  t.end()
})
