/** Prometheus' text format, and how it is written while others are served. */
import t from 'tap'
import { SharedSlices } from '../../lib/base/shared-slices.ts'
import { boundsSeconds, TimeHistogram } from '../../lib/base/time-histogram.ts'
import { type ExpositionOptions, exposition } from '../../lib/metrics/exposition.ts'
import type { Family, Pause, Series } from '../../lib/metrics/family.ts'
import { ManualClock } from '../../lib/testing/clock.ts'

async function written(families: Iterable<Family | Pause>, more: Partial<ExpositionOptions> = {}): Promise<string> {
  const slices = new SharedSlices(new ManualClock({ immediates: 'real' }))
  const options = { slices, dropped: () => {}, ...more }
  let text = ''
  for await (const piece of exposition(families, options)) text += piece
  return text
}

const family = (series: Iterable<Series | Pause>, type: Family['type'] = 'gauge', name = 'ottla_x'): Family => ({
  ...{ name, type, series },
  help: 'What it is,\nand a \\.',
})

t.test('a figure is a line, with its labels as they are', async t => {
  t.equal(
    await written([
      family([
        [{ topic: 'a"b\\c\nd', partition: 3 }, 1.5],
        null,
        [{}, 9_007_199_254_740_991],
        [{ x: '' }, Number.POSITIVE_INFINITY],
      ]),
      null,
      family([], 'gauge', 'ottla_empty'),
    ]),
    '# HELP ottla_x What it is,\\nand a \\\\.\n# TYPE ottla_x gauge\n' +
      'ottla_x{topic="a\\"b\\\\c\\nd",partition="3"} 1.5\nottla_x 9007199254740991\nottla_x{x=""} +Inf\n',
    'and of a family without series there is nothing',
  )
})

t.test('numbers and names of any length and script are written as they are', async t => {
  const values = [0, 7, 10, 4_294_967_296, 2_147_483_647, -3, 0.1, 1e21, Number.NaN, Number.NEGATIVE_INFINITY]
  const text = await written([family(values.map((value, partition): Series => [{ partition }, value]))])
  t.same(text.match(/(?<=\} )\S+/g), ['0', '7', '10', '4294967296', '2147483647', '-3', '0.1', '1e+21', 'NaN', '-Inf'])
  const group = `naïve "グループ" 👥\n${'x'.repeat(100_000)}\\é`
  const escaped = group.replace(/["\\]/g, '\\$&').replace('\n', '\\n')
  t.match(await written([family([[{ group }, 1]])]), `\nottla_x{group="${escaped}"} 1\n`)
})

t.test('a distribution is told by its bounds, sum and count', async t => {
  const times = new TimeHistogram()
  for (const ticks of [5, 50_000]) times.add(ticks)
  const text = await written([family([[{ api: 'Fetch' }, times]], 'histogram')])
  t.match(text, 'ottla_x_bucket{api="Fetch",le="0.0001"} 1\n')
  t.match(text, 'ottla_x_bucket{api="Fetch",le="0.5"} 2\n')
  t.match(
    text,
    'ottla_x_bucket{api="Fetch",le="+Inf"} 2\nottla_x_sum{api="Fetch"} 0.50005\nottla_x_count{api="Fetch"} 2\n',
  )
  t.equal(text.match(/_bucket/g)!.length, boundsSeconds.length + 1)
})

t.test(
  'others are served after every 5 ms, however many figures there are, and however few of what is looked at',
  async t => {
    const clock = new ManualClock({ immediates: 'real' })
    let turns = 0
    let heldMs = 0
    let heldMsMax = 0
    const step = () => {
      clock.advance(1)
      heldMsMax = Math.max(heldMsMax, ++heldMs)
    }
    const watched = new Proxy(clock, {
      get: (of, name) => {
        if (name !== 'immediate') return (of as never as Record<string | symbol, () => unknown>)[name]!.bind(of)
        return (run: () => void) => {
          if (heldMs > 0) turns++
          heldMs = 0
          clock.immediate(run)
        }
      },
    })
    function* series(count: number, isPause: boolean): Iterable<Series | Pause> {
      for (let i = 0; i < count; i++) {
        step()
        yield isPause ? null : [{ i }, i]
      }
    }
    function* families(): Iterable<Family | Pause> {
      yield family(series(100, false))
      yield family(series(100, true))
      for (let i = 0; i < 100; i++) {
        step()
        yield null
      }
    }
    await written(families(), { slices: new SharedSlices(watched) })
    t.equal(turns, 60)
    t.ok(heldMsMax <= 5, String(heldMsMax))
  },
)

t.test('many that are written at once hold others up no longer than one', async t => {
  const clock = new ManualClock({ immediates: 'real' })
  const slices = new SharedSlices(clock)
  let [stepsMax, steps, isDone] = [0, 0, false]
  const others = () => {
    stepsMax = Math.max(stepsMax, steps)
    steps = 0
    if (!isDone) setImmediate(others)
  }
  setImmediate(others)
  function* series(): Iterable<Series> {
    for (let i = 0; i < 60; i++) {
      clock.advance(1)
      steps++
      yield [{ i }, i]
    }
  }
  const texts = await Promise.all(Array.from({ length: 4 }, () => written([family(series())], { slices })))
  isDone = true
  t.ok(
    texts.every(text => text === texts[0]),
    'each is whole',
  )
  t.ok(stepsMax <= 5, `${stepsMax} ms`)
})

t.test('series beyond the bound are left out, and counted', async t => {
  const dropped: [string, number][] = []
  const series = Array.from({ length: 12 }, (_, i): Series => [{ i }, i])
  const text = await written([family(series), family([[{}, 1]], 'gauge', 'ottla_y')], {
    seriesMax: 10,
    dropped: (name, count) => dropped.push([name, count]),
  })
  t.equal(text.match(/^ottla_x\{/gm)!.length, 10)
  t.same(dropped, [['ottla_x', 2]])
  t.match(text, 'ottla_y 1\n')
})

t.test('a reader that is slow is not written for ahead', async t => {
  let made = 0
  function* series(): Iterable<Series> {
    for (; made < 100_000; made++) yield [{ topic: 'x'.repeat(100), made }, made]
  }
  const slices = new SharedSlices(new ManualClock({ immediates: 'real' }))
  const pieces = exposition([family(series())], { slices, dropped: () => {} })
  await pieces.next()
  t.ok(made < 1_000, 'one piece of 64 KiB')
  await pieces.return(undefined)
})
