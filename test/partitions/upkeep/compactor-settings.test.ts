/** Settings of compaction, as the compactor can work by them. */
import t from 'tap'
import { BrokerConfig } from '../../../lib/config/config.ts'
import { compactorSettings } from '../../../lib/partitions/upkeep/compactor-settings.ts'

function settings(loadFactor: string, bytesPerSecond: string) {
  const config = BrokerConfig.parse({
    'log.cleaner.io.buffer.load.factor': loadFactor,
    'log.cleaner.io.max.bytes.per.second': bytesPerSecond,
  })
  const { keyLoadFactor, bytesPerSecondMax } = compactorSettings(config)
  return { keyLoadFactor, bytesPerSecondMax }
}

t.test('ratios and rates that mean something are as they are set', t => {
  t.same(settings('0.25', '1000.5'), { keyLoadFactor: 0.25, bytesPerSecondMax: 1000.5 })
  t.end()
})

t.test('what Kafka accepts and nobody can work by does not stop compaction, and is no table without end', t => {
  for (const text of ['NaN', '0', '-1', '-Infinity']) {
    t.same(settings(text, text), { keyLoadFactor: 0.9, bytesPerSecondMax: Number.MAX_VALUE }, text)
  }
  t.same(settings('Infinity', 'Infinity'), { keyLoadFactor: 1, bytesPerSecondMax: Number.MAX_VALUE })
  t.end()
})
