/** Handshakes that never end: each has a time by the clock, and all together a number. */
import t from 'tap'
import { createLogger } from '../../lib/base/logger.ts'
import type { Wire } from '../../lib/network/network.ts'
import { Handshakes } from '../../lib/server/handshakes.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

const never: NonNullable<Wire['secure']> = () => {}

/** Handshakes on wires that do nothing, and what became of them. */
function world() {
  const clock = new ManualClock()
  const log: string[] = []
  const handshakes = new Handshakes(clock, createLogger('warn', { write: line => log.push(line) }))
  const ended: [number, boolean][] = []
  const destroyed: number[] = []
  const begin = (id: number, secure = never) => {
    const wire = { remoteAddress: '10.0.0.1', remotePort: id, destroy: () => destroyed.push(id) } as unknown as Wire
    handshakes.begin(wire, secure, 'SSL', isSecured => ended.push([id, isSecured]))
  }
  return { clock, log, handshakes, ended, destroyed, begin }
}

t.test('one that takes 30 s is given up, with a line; one that came about is not', async t => {
  const { clock, log, ended, destroyed, begin } = world()
  begin(1)
  begin(2, done => done(null))
  await clock.advance(29_000)
  begin(3)
  t.same(ended, [[2, true]])
  await clock.advance(1_000)
  t.same(ended.slice(1), [[1, false]])
  t.same(destroyed, [1])
  t.match(log, [/handshake failed reason="no handshake within 30000 ms/])
})

t.test('with 2,000 under way, the one that has waited longest makes room', async t => {
  const { log, handshakes, ended, begin } = world()
  for (let id = 1; id <= 2_003; id++) begin(id)
  t.equal(handshakes.size, 2_000)
  t.same(
    ended,
    [1, 2, 3].map(id => [id, false]),
  )
  t.equal(log.length, 3)
  handshakes.giveUp()
  t.equal(handshakes.size, 0)
  t.equal(log.length, 3, 'the end of the broker is nobody’s failure')
})

t.test('what fails a thousand times is told in ten lines', async t => {
  const { log, destroyed, begin } = world()
  for (let id = 1; id <= 1_000; id++) begin(id, done => done(new Error('no shared cipher')))
  t.equal(destroyed.length, 1_000)
  t.equal(log.length, 10)
})
