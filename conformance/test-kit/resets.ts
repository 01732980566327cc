/** A producer and a consumer that go on over resets in the middle of their work: neither is started again. */
import assert from 'node:assert/strict'
import { until } from '../scenario.ts'
import { ask, group, Member, type Play, type Producing, patience, topic } from './stage.ts'

const rounds = 3
/** So many records are read in each round. */
const recordsMin = 5

export const resetPlays: readonly Play<Producing>[] = [['writes and reads on after resets in the middle', goesOn]]

async function goesOn(stage: Producing): Promise<string> {
  const { kit, client, programs } = stage
  // Its authors have it give up a topic whose id has changed.
  const topicIds = programs.name === 'franz-go' ? 'keep' : 'new'
  const member = new Member(programs.member(kit.bootstrap, topic, group))
  const refused: string[] = []
  let sent = 0
  let isDone = false
  const send = async () => {
    await ask(stage, 'init - 0')
    while (!isDone) {
      const answer = await client.ask(`send ${topic} 0=${++sent}`)
      if (answer !== 'ok') refused.push(answer)
    }
  }
  const sending = send()
  try {
    await kit.group(group).ready(1, patience)
    for (let round = 0; round < rounds; round++) {
      const from = member.seen.length
      const records = `records of round ${round}`
      await until(records, () => (member.seen.length >= from + recordsMin ? true : undefined), patience.timeoutMs)
      const earlier = sent
      await kit.reset({ topicIds })
      const before = sent
      const later = () => member.seen.some(value => Number(value) > before)
      await until(`a record after reset ${round}`, () => (later() ? true : undefined), patience.timeoutMs)
      const [first] = await kit.topic(topic).records()
      assert.ok(Number(first!.value) >= earlier, 'what was there before is gone')
      await kit.group(group).ready(1, patience)
    }
    assert.ok(!member.process.isEnded && !client.process.isEnded)
    assert.deepEqual(refused, [], 'all sent records were taken')
  } finally {
    isDone = true
    await sending.catch(() => {})
    await member.process.kill()
  }
  return `${sent} records sent`
}
