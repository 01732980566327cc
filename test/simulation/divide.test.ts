/** The simulations' command line, and how seeds are divided among processes. */
import t from 'tap'
import { type Command, commandOf, replayOf } from './command-line.ts'
import { type Division, divide } from './divide.ts'

const oneProcess = {
  module: new URL('./faulty.ts', import.meta.url),
  processes: 1,
  secondsMax: Number.POSITIVE_INFINITY,
  seedSecondsMax: 60,
  replay: (seed: number) => `replay ${seed}`,
}

async function run(division: Pick<Division, 'first' | 'last'> & Partial<Division>) {
  const lines: string[] = []
  const print = (line: string) => {
    // On a slow machine there is time to tell how far it is.
    if (!/^\d+ seeds, \d+ failed$/.test(line)) lines.push(line)
  }
  const sums = await divide({ ...oneProcess, print, ...division })
  return { ...sums, lines }
}

t.test('a seed that fails is told with its replay, and the others are run', async t => {
  const { passed, failed, last, lines } = await run({ first: 1, last: 4 })
  t.same([passed, failed, last], [3, 1, 4])
  t.match(lines, [/^seed 3: it is not as it must be .*faulty\.ts.*\n {2}each step of it: replay 3$/])
})

t.test('a seed that ends its process has failed, and the others are run', async t => {
  const { passed, failed, lines } = await run({ first: 4, last: 8, seedSecondsMax: 3 })
  t.same([passed, failed], [3, 2])
  t.match(lines, [
    /^seed 5: its process ended with code 0; seed 4 was run in it before\n/,
    /^seed 6: not done within 3 s\n/,
  ])
})

t.test('when most seeds fail, the rest is not run', async t => {
  const { passed, failed, last } = await run({ first: 10, last: 1000, sabotage: 'fail' })
  t.same([passed, failed, last], [0, 10, 19])
})

t.test('by the clock no seed is begun once the time is over', async t => {
  const { passed, failed, last } = await run({ first: 10, last: 2 ** 32 - 1, secondsMax: 1 })
  t.ok(passed > 0)
  t.equal(last, 9 + passed)
  t.equal(failed, 0)
})

t.test('without options the storage is run in full, by name any other', async t => {
  t.match(await commandOf([], 0.5), { name: 'storage', seed: null, first: 1, last: 10_000 })
  t.match(await commandOf(['groups', '--seeds', '7-9', '--jobs', '3'], 0.5), {
    name: 'groups',
    first: 7,
    last: 9,
    processes: 3,
  })
})

t.test('by the clock seeds begin with one drawn by chance, all within 32 bits', async t => {
  for (const chance of [0, 0.5, 1 - 2 ** -53]) {
    const { first, last, secondsMax } = (await commandOf(['broker', '--seconds', '45'], chance)) as Command
    t.equal(first, Math.floor(chance * (2 ** 32 - 1 - 2 ** 24)))
    t.same([last, secondsMax], [2 ** 32 - 1, 45])
  }
})

t.test('the replay of a seed is a command that runs that seed alone', async t => {
  const command = (await commandOf(['--sabotage', 'forget the log start', '--seconds', '1'], 0.1)) as Command
  t.equal(replayOf(command, 12), "npm run simulate -- storage --seed 12 --sabotage 'forget the log start'")
  t.match(await commandOf(['storage', '--seed', '12', '--sabotage', 'forget the log start'], 0.1), {
    name: 'storage',
    seed: 12,
    sabotage: 'forget the log start',
  })
})

t.test('what is wrong on the command line is told', async t => {
  for (const [args, message] of [
    [['moon'], /no simulation moon; choose one of: storage, broker, groups/],
    [['storage', 'groups'], /one simulation at a time/],
    [['--seeds', '9-3'], /FROM-TO/],
    [['--seeds', '1-4294967296'], /up to 4294967295/],
    [['--seed', 'x'], /--seed takes a number/],
    [['--seconds', '0'], /--seconds takes a number from 1 on/],
    [['--seed', '1', '--seconds', '1'], /exclude each other/],
    [['--sabotage', 'rain'], /no sabotage rain/],
    [['--speed', '1'], /--speed/],
  ] as const) {
    await t.rejects(commandOf(args, 0), { message }, args.join(' '))
  }
})
