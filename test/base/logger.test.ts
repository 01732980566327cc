/** Lines of the log, and randomness. */
import t from 'tap'
import { createLogger, silentLogger } from '../../lib/base/logger.ts'
import { seededRandom, systemRandom } from '../../lib/base/random.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

function lines(level: Parameters<typeof createLogger>[0]) {
  const written: string[] = []
  const logger = createLogger(level, { clock: new ManualClock(), write: line => written.push(line) })
  return { logger, written }
}

t.test('a message is one line with its time, level, name and fields', async t => {
  const { logger, written } = lines('trace')
  logger.info('started', {
    port: 9092,
    host: '127.0.0.1',
    data: '/var/my data',
    none: undefined,
    empty: null,
    on: true,
  })
  logger.child('server').warn('slow')
  logger.error('failed', { error: Object.assign(new Error('no such file'), { code: 'ENOENT' }), list: [1, 2] })
  t.same(written, [
    '2026-01-01T00:00:00.000Z INFO  ottla started port=9092 host=127.0.0.1 data="/var/my data" empty=null on=true\n',
    '2026-01-01T00:00:00.000Z WARN  server slow\n',
    '2026-01-01T00:00:00.000Z ERROR ottla failed error="Error: no such file" list=[1,2]\n',
  ])
})

t.test('nothing that a client sent can begin a new line or pass for a field', async t => {
  const { logger, written } = lines('info')
  logger.info('from\nhere', { client: 'a\nb', other: 'x=1 y="2"', nul: '\0\u2028' })
  t.same(written, [
    '2026-01-01T00:00:00.000Z INFO  ottla from\\u000ahere client="a\\nb" other="x=1 y=\\"2\\"" nul="\\u0000\\u2028"\n',
  ])
})

t.test('a value that a client made long does not make the log long', async t => {
  const { logger, written } = lines('info')
  logger.info('joined', { member: 'm'.repeat(32_767), reason: 'because '.repeat(4_000), next: 1 })
  t.ok(written[0]!.length < 8_300)
  t.match(written[0], /member=m{4000}…\(32767\) reason="because .*…\(32000\)" next=1\n$/)
  logger.info('short', { member: 'm'.repeat(4_000) })
  t.match(written[1], /member=m{4000}\n$/)
})

t.test('an unexpected error is told with where it happened, in one line', async t => {
  const { logger, written } = lines('info')
  logger.error('failed', { error: new TypeError('what') })
  t.match(written[0], /error="TypeError: what \| at .*logger\.test\.ts.*"\n$/)
  t.equal(written[0]?.indexOf('\n'), written[0]!.length - 1)
})

t.test('levels below the chosen one are not written', async t => {
  const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const
  for (const [i, level] of [...levels, 'silent' as const].entries()) {
    const { logger, written } = lines(level)
    for (const each of levels) logger.child('x')[each](each)
    t.same(
      written.map(line => line.trim().split(' ').at(-1)),
      levels.slice(i),
    )
    t.same(
      levels.map(each => logger.enabled(each)),
      levels.map((_, at) => at >= i),
    )
  }
  t.notOk(silentLogger.enabled('error'))
})

for (const [name, make] of [
  ['system', () => systemRandom],
  ['seeded', () => seededRandom(7)],
] as const) {
  t.test(`${name} randomness has the forms that Kafka's ids have`, async t => {
    const random = make()
    const ids = Array.from({ length: 2000 }, () => random.uuid())
    t.equal(new Set(ids).size, ids.length)
    t.ok(ids.every(id => /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/.test(id)))
    t.ok(ids.every(id => Buffer.from(id, 'base64url').length === 16))
    t.match(random.uuidV4(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const ints = Array.from({ length: 3000 }, () => random.int(10))
    for (let digit = 0; digit < 10; digit++) {
      const share = ints.filter(int => int === digit).length
      t.ok(share > 180 && share < 430, `${digit} came ${share} times of 3000`)
    }
    t.ok(Array.from({ length: 100 }, () => random.next()).every(next => next >= 0 && next < 1))
    t.equal(random.bytes(11).length, 11)
  })
}

t.test('the same seed gives the same, another seed another', async t => {
  const draw = (seed: number) => {
    const random = seededRandom(seed)
    return [random.uuid(), random.int(1e9), random.next(), random.bytes(7).toString('hex')]
  }
  t.same(draw(3), draw(3))
  t.notSame(draw(3), draw(4))
})

t.test('levels change while loggers log: for all, and for one by its name', async t => {
  const { logger, written } = lines('warn')
  const [server, groups] = [logger.child('server'), logger.child('groups')]
  logger.levels.set('server', 'debug')
  server.debug('one')
  groups.debug('two')
  t.equal(written.length, 1)
  logger.levels.setRoot('trace')
  groups.trace('three')
  server.trace('not this')
  t.equal(written.length, 2, 'a level of its own stays')
  logger.levels.set('server', null)
  server.trace('four')
  t.equal(written.length, 3)
  logger.child('server').trace('five')
  t.equal(written.length, 4, 'loggers of one name have one level')
  t.same(logger.levels.names, ['groups', 'ottla', 'server'])
  t.ok(server.enabled('trace'))
})

t.test('of several brokers in a process each line says which it is of, and each has levels of its own', async t => {
  const { logger, written } = lines('warn')
  logger.levels.set('groups', 'error')
  const [one, two] = [logger.beside('broker-1'), logger.beside('broker-2')]
  one.warn('slow')
  two.child('server').child('connection').error('lost', { id: 7 })
  t.same(written.splice(0), [
    '2026-01-01T00:00:00.000Z WARN  broker-1 ottla slow\n',
    '2026-01-01T00:00:00.000Z ERROR broker-2 connection lost id=7\n',
  ])
  one.levels.setRoot('info')
  const all = [logger, one, two]
  for (const each of all) each.child('server').info('ready')
  for (const each of all) each.child('groups').warn('full')
  t.same(written, ['2026-01-01T00:00:00.000Z INFO  broker-1 server ready\n'])
})
