/** Levels of a broker's loggers are set, deleted and described; all of a request's changes are made, or none. */
import t from 'tap'
import { LogLevels } from '../../lib/base/logger.ts'
import { alterLoggers, describeLoggers } from '../../lib/handlers/broker-loggers.ts'
import { codes } from '../../protocol/errors.ts'

const [SET, DELETE] = [0, 1]

t.test('levels of loggers are changed and described', async t => {
  const levels = new LogLevels('warn')
  const server = levels.threshold('server')
  const change = (name: string, configOperation: number, value: string | null) => ({ name, configOperation, value })
  const told = () => describeLoggers(levels).map(({ name, value }) => `${name}=${value}`)
  t.same(told(), ['root=WARN', 'server=WARN'])
  alterLoggers(levels, [change('server', SET, 'TRACE'), change('root', SET, 'FATAL')], true)
  t.same(told(), ['root=WARN', 'server=WARN'], 'they were only looked at')
  alterLoggers(levels, [change('server', SET, 'TRACE'), change('root', SET, 'ERROR')], false)
  t.same(told(), ['root=ERROR', 'server=TRACE'])
  t.equal(server.at, 0)
  t.throws(() => alterLoggers(levels, [change('server', SET, 'INFO'), change('nope', SET, 'INFO')], false), {
    code: codes.INVALID_CONFIG,
  })
  t.equal(server.at, 0, 'none of a request that is refused')
  alterLoggers(levels, [change('server', DELETE, null)], false)
  t.same(told(), ['root=ERROR', 'server=ERROR'])
})
