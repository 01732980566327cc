/** kcat: the librdkafka of the command line. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import type { Scenario } from '../scenario.ts'
import { type ClientUnderTest, type CodecName, codecs, Member, output } from './client.ts'

function whyMissing(): string | null {
  return spawnSync('kcat', ['-V']).status === 0 ? null : 'there is no kcat here: apt-get install kcat'
}

export const kcat: ClientUnderTest = {
  name: 'kcat',
  codecs,
  missing: whyMissing(),
  async produce(bootstrap: string, topic: string, codec: CodecName, first: number, count: number): Promise<void> {
    const lines = Array.from({ length: count }, (_, i) => `${first + i}:${first + i}\n`).join('')
    await output('kcat', ['-P', '-b', bootstrap, '-t', topic, '-z', codec, '-K:', '-X', 'linger.ms=5'], lines)
  },
  consume(bootstrap: string, topic: string, group: string): Member {
    const settings = [
      'session.timeout.ms=6000',
      'heartbeat.interval.ms=500',
      'auto.commit.interval.ms=200',
      'auto.offset.reset=earliest',
    ]
    const args = [
      '-b',
      bootstrap,
      ...settings.flatMap(setting => ['-X', setting]),
      '-u',
      '-f',
      '%s\n',
      '-G',
      group,
      topic,
    ]
    return new Member('kcat', args, line => {
      const at = line.indexOf('assigned:')
      if (at >= 0) return line.slice(at).match(/\[\d+\]/g)?.length ?? 0
      return line.startsWith('% ') ? 0 : null
    })
  },
}

/** kcat's other modes, each against a topic that it filled. */
export function kcatScenarios(bootstrap: string, newTopic: (partitions: number) => Promise<string>): Scenario[] {
  const skipped = kcat.missing === null ? {} : { skipped: kcat.missing }
  return [
    {
      name: 'kcat -C reads what -P wrote, keys, headers and offsets',
      run: () => readsBack(bootstrap, newTopic),
      ...skipped,
    },
    { name: 'kcat -L lists brokers, topics and partitions', run: () => lists(bootstrap, newTopic), ...skipped },
    { name: 'kcat -Q finds offsets by time', run: () => queries(bootstrap, newTopic), ...skipped },
  ]
}

async function readsBack(bootstrap: string, newTopic: (partitions: number) => Promise<string>): Promise<undefined> {
  const topic = await newTopic(1)
  await output('kcat', ['-P', '-b', bootstrap, '-t', topic, '-K:', '-H', 'from=Ottla'], 'a:1\nb:2\nc:3\n')
  const read = await output('kcat', [
    '-C',
    '-b',
    bootstrap,
    '-t',
    topic,
    '-o',
    'beginning',
    '-e',
    '-q',
    '-f',
    '%o %k %s %h\n',
  ])
  assert.equal(read, '0 a 1 from=Ottla\n1 b 2 from=Ottla\n2 c 3 from=Ottla\n')
  const tail = await output('kcat', ['-C', '-b', bootstrap, '-t', topic, '-o', '-1', '-e', '-q', '-f', '%o %s\n'])
  assert.equal(tail, '2 3\n')
  return undefined
}

async function lists(bootstrap: string, newTopic: (partitions: number) => Promise<string>): Promise<undefined> {
  const topic = await newTopic(3)
  const { brokers, topics } = JSON.parse(await output('kcat', ['-L', '-J', '-b', bootstrap]))
  assert.equal(brokers.length, 1)
  assert.equal(brokers[0].name, bootstrap)
  const listed = topics.find((each: { topic: string }) => each.topic === topic)
  assert.equal(listed.partitions.length, 3)
  return undefined
}

async function queries(bootstrap: string, newTopic: (partitions: number) => Promise<string>): Promise<undefined> {
  const topic = await newTopic(1)
  await output('kcat', ['-P', '-b', bootstrap, '-t', topic], 'one\n')
  const between = Date.now() + 1
  while (Date.now() <= between + 1) await new Promise(resolve => setImmediate(resolve))
  await output('kcat', ['-P', '-b', bootstrap, '-t', topic], 'two\n')
  assert.match(await output('kcat', ['-Q', '-b', bootstrap, '-t', `${topic}:0:${between}`]), /offset 1\b/)
  assert.match(await output('kcat', ['-Q', '-b', bootstrap, '-t', `${topic}:0:-2`]), /offset 0\b/)
  assert.match(await output('kcat', ['-Q', '-b', bootstrap, '-t', `${topic}:0:-1`]), /offset 2\b/)
  return undefined
}
