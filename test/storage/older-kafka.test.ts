/** What an older Apache Kafka may have left in a partition's directory: unfinished exchanges of segments, and message formats 0 and 1. */
import t from 'tap'
import { buildMessages } from '../../protocol/records/message.ts'
import { checkLog } from '../../storage/check.ts'
import { type Files, memoryFiles } from '../../storage/files.ts'
import { fileName } from '../../storage/names.ts'
import { batchOf, LogFixture, startMs } from './fixture.ts'

const kinds = ['log', 'index', 'timeindex'] as const
const dir = '/data/t-0'

/** A closed log whose segments begin at these offsets and end before `end`; each record says its offset and the mark. */
async function segments(bases: readonly number[], end: number, mark: string): Promise<Files> {
  const files = memoryFiles()
  const fixture = new LogFixture({}, files, dir)
  if (bases[0]! > 0) fixture.log.truncateFullyAndStartAt(bases[0]!)
  for (let offset = bases[0]!; offset < end; offset++) {
    if (bases.includes(offset)) fixture.log.roll()
    fixture.append(batchOf([`${offset}${mark}`], { timestamp: startMs + offset }))
    fixture.turn()
  }
  await fixture.log.close()
  return files
}

function copy(from: Files, base: number, to: Files, suffix: string | ((kind: string) => string)): void {
  for (const kind of kinds) {
    const name = fileName(dir, base, kind)
    to.write(name + (typeof suffix === 'string' ? suffix : suffix(kind)), from.read(name)!)
  }
}

/** The values after a start, and all names that are not a log's own. */
function start(files: Files, cleanShutdown: boolean): { values: string[]; strange: string[]; findings: unknown } {
  const fixture = new LogFixture({}, files, dir)
  fixture.open({ cleanShutdown })
  const values = fixture.values()
  t.equal(fixture.append(batchOf(['next'])).baseOffset, values.length)
  fixture.turn()
  const strange = files
    .list(dir)
    .map(({ name }) => name)
    .filter(name => !/^\d{20}\.(log|index|timeindex|snapshot)$|^leader-epoch-checkpoint$/.test(name))
  return { values, strange, findings: checkLog(files, dir, { dense: true, closed: false }).findings }
}

const old = Array.from({ length: 30 }, (_, offset) => `${offset}`)
const renewed = old.map((value, offset) => (offset < 20 ? `${value}*` : value))

t.test('what was given up, or only begun, goes; what counts already takes its place', async t => {
  const cases: [string, (files: Files, cleaned: Files) => void | Promise<void>, string[]][] = [
    [
      'deleted files of each kind',
      files => {
        for (const name of ['log', 'index', 'timeindex', 'txnindex', 'snapshot']) {
          files.write(`${dir}/00000000000000000000.${name}.deleted`, 'garbage')
        }
        files.write(`${dir}/leader-epoch-checkpoint.tmp`, 'garbage')
      },
      old,
    ],
    ['a cleaned segment that nobody took over', (files, cleaned) => copy(cleaned, 0, files, '.cleaned'), old],
    [
      'one whose log alone was renamed',
      (files, cleaned) => copy(cleaned, 0, files, kind => (kind === 'log' ? '.swap' : '.cleaned')),
      old,
    ],
    ['one that was taken over for two', (files, cleaned) => copy(cleaned, 0, files, '.swap'), renewed],
    [
      'one whose predecessors were given up already',
      (files, cleaned) => {
        for (const base of [0, 10]) {
          for (const kind of kinds) files.rename(fileName(dir, base, kind), `${fileName(dir, base, kind)}.deleted`)
        }
        copy(cleaned, 0, files, '.swap')
      },
      renewed,
    ],
    [
      'one of which the log has its name already',
      (files, cleaned) => {
        for (const base of [0, 10]) for (const kind of kinds) files.unlink(fileName(dir, base, kind))
        copy(cleaned, 0, files, kind => (kind === 'log' ? '' : '.swap'))
      },
      renewed,
    ],
    [
      'a split of which only the second half was taken over',
      async files => {
        const halves = await segments([0, 5], 10, '*')
        copy(halves, 5, files, '.swap')
        copy(halves, 0, files, '.cleaned')
      },
      old,
    ],
    [
      'a split that was taken over',
      async files => {
        const halves = await segments([0, 5], 10, '*')
        copy(halves, 5, files, '.swap')
        copy(halves, 0, files, '.swap')
      },
      old.map((value, offset) => (offset < 10 ? `${value}*` : value)),
    ],
  ]
  for (const cleanShutdown of [false, true]) {
    for (const [what, prepare, expected] of cases) {
      const files = await segments([0, 10, 20], 30, '')
      await prepare(files, await segments([0], 20, '*'))
      const { values, strange, findings } = start(files, cleanShutdown)
      t.same(values, expected, what)
      t.same(strange, [], what)
      t.same(findings, [], what)
    }
  }
})

t.test('segments of message formats 0 and 1, with no index of times, are served and gone on with', t => {
  const records = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      offset: from + index,
      timestamp: startMs + from + index,
      key: Buffer.from('k'),
      value: Buffer.from(`${from + index}`),
    }))
  const content = Buffer.concat([
    buildMessages({ magic: 0, records: records(0, 3) }),
    buildMessages({ magic: 0, compression: 'gzip', records: records(3, 3) }),
    buildMessages({ magic: 1, records: records(6, 2) }),
    buildMessages({ magic: 1, compression: 'snappy', records: records(8, 4) }),
  ])
  for (const { cleanShutdown, torn } of [
    { cleanShutdown: true, torn: false },
    { cleanShutdown: false, torn: false },
    { cleanShutdown: false, torn: true },
  ]) {
    const files = memoryFiles()
    files.mkdir(dir)
    const path = fileName(dir, 0, 'log')
    files.write(path, torn ? Buffer.concat([content, content.subarray(0, 20)]) : content)
    // Its offset index is all that a broker of before 0.10.1 made.
    files.write(fileName(dir, 0, 'index'), Buffer.alloc(0))
    const fixture = new LogFixture({}, files, dir)
    fixture.open({ cleanShutdown })
    const expected = Array.from({ length: 12 }, (_, offset) => `${offset}`)
    t.same(fixture.values(), expected)
    for (const offset of expected.keys()) t.same(fixture.values(offset), expected.slice(offset))
    t.equal(fixture.log.offsetForTimestamp(startMs + 9)?.offset, 9, 'within a compressed wrapper')
    t.same(fixture.log.maxTimestampOffset(), { timestamp: startMs + 11, offset: 11, leaderEpoch: -1 })
    t.equal(fixture.append(batchOf(['12'], { timestamp: startMs + 12 })).baseOffset, 12)
    fixture.turn()
    t.same(fixture.values(10), ['10', '11', '12'])
    t.equal(fixture.log.endOffsetForEpoch(0).endOffset, 13)
    fixture.open({ cleanShutdown: false })
    t.same(fixture.values(), [...expected, '12'])
    fixture.log.truncateTo(8)
    t.same(fixture.values(), expected.slice(0, 8))
    t.same(checkLog(files, dir, { dense: true, closed: false }).findings, [])
  }
  t.end()
})
