/** Which settings topics are given. */
import t from 'tap'
import { settingsReader } from '../../lib/composition/partitions.ts'
import { BrokerConfig } from '../../lib/config/config.ts'
import { topicImage } from '../partitions/fixture.ts'

t.test(
  'topics that set nothing share one object of settings, and have another once those of the broker change',
  async t => {
    const config = BrokerConfig.parse({ 'log.retention.ms': '1000' })
    const settingsOf = settingsReader(config)
    const [a, b] = [topicImage('a'), topicImage('b')]
    const own = topicImage('own', { configs: { 'retention.ms': '7' } })
    t.equal(settingsOf(a), settingsOf(b))
    t.same(
      [settingsOf(a), settingsOf(own)].map(each => each.log.retentionMs),
      [1000, 7],
    )
    config.applyDynamic(new Map([['log.retention.ms', '2000']]), new Map())
    t.same(
      [settingsOf(a), settingsOf(own)].map(each => each.log.retentionMs),
      [2000, 7],
    )
    t.equal(settingsOf(a), settingsOf(b))
  },
)

t.test('settings that are taken back give the default again', async t => {
  const config = BrokerConfig.parse({})
  const before = config.get('log.retention.hours')
  const changed: string[][] = []
  config.onChange(names => changed.push([...names]))
  config.applyDynamic(new Map([['log.cleaner.threads', '3']]), new Map())
  t.equal(config.get('log.cleaner.threads'), 3)
  config.applyDynamic(new Map(), new Map())
  t.equal(config.get('log.cleaner.threads'), 1)
  t.equal(config.get('log.retention.hours'), before)
  t.same(changed, [['log.cleaner.threads'], ['log.cleaner.threads']])
})
