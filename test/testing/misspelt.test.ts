/** What a program says wrongly to the test-kit is told at once: passed over in silence, it would be looked for in the code under test. */
import t from 'tap'
import { Broker, Cluster } from '../../lib/broker.ts'
import { TestKafka, type TestKafkaOptions } from '../../lib/testing.ts'

type Wrong = readonly [what: string, given: unknown, message: RegExp]

t.test('options of a start that are misspelt, or none of what they may be, are refused', async t => {
  const wrong: readonly Wrong[] = [
    ['a name', { topcs: { orders: 1 } }, /there is no option 'topcs'; did you mean topics\?/],
    ['no object', 'orders', /options are "orders"; they take an object/],
    ['null', null, /options are null; they take an object/],
    ['topics as a list', { topics: ['orders'] }, /topics is no object; write topics: \{ orders: 3 \}/],
    ['partitions as text', { topics: { orders: '3' } }, /the topic 'orders' has "3" where a number belongs/],
    ["a topic's field", { topics: { orders: { partitons: 3 } } }, /has 'partitons'; did you mean partitions\?/],
    ['a property that is a number', { properties: { 'num.partitions': 3 } }, /num\.partitions is 3, which is no text/],
    ['a seed', { seed: 'abc' }, /seed is abc; it takes a whole number/],
    ['a version', { offsetCommitVersion: 2 }, /offsetCommitVersion is 2; it takes 3 or 4/],
    ['a time', { timeoutMs: -1 }, /timeoutMs is -1; it takes milliseconds/],
    ['no time', { timeoutMs: Number.NaN }, /timeoutMs is NaN; it takes milliseconds/],
    ['a function', { onTrace: 'x' }, /onTrace is 'x'; it takes a function/],
    ['a switch', { trace: 'yes' }, /trace is 'yes'; it takes true or false/],
    ['a token', { testingToken: 5 }, /testingToken is 5; it takes text/],
  ]
  for (const [what, given, message] of wrong)
    await t.rejects(TestKafka.start(given as TestKafkaOptions), { message }, what)
  const other = { port: 0, ephemeral: true, seed: 1 }
  await t.rejects(Broker.start(other), { name: 'ConfigError', message: /there is no option 'seed'/ })
  await t.rejects(Cluster.start(other), { name: 'ConfigError', message: /there is no option 'seed'/ })
  const nothing = { port: undefined, ephemeral: true, sed: undefined } as TestKafkaOptions
  await (await TestKafka.start(nothing)).stop()
})

t.test('a fault that could meet nothing, or do nothing, is refused', async t => {
  await using kit = await TestKafka.start()
  const api = 'Produce'
  const wrong: readonly (readonly [match: unknown, action: unknown, message: RegExp])[] = [
    [undefined, { delay: 1 }, /a fault takes an object, not undefined/],
    [{ api, topc: 'x' }, { delay: 1 }, /a fault has no 'topc'; did you mean topic\?/],
    [{ api: 'Fech' }, { delay: 1 }, /there is no API 'Fech'; near are Fetch/],
    [{ api: [] }, { delay: 1 }, /api is an empty list/],
    [{ api, version: [5, 3] }, { delay: 1 }, /version is \[5,3\]; it takes one, or the lowest and highest/],
    [{ api, partition: -1 }, { delay: 1 }, /partition is -1; it takes a whole number from 0 on/],
    [{ api, topic: 5 }, { delay: 1 }, /topic is 5; it takes text or a pattern/],
    [{ api, times: '1' }, { delay: 1 }, /times is '1'; it takes a whole number from 1 on/],
    [{ api }, undefined, /what becomes of a request takes an object, not undefined/],
    [{ api }, { eror: 'NOT_COORDINATOR' }, /has no 'eror'; did you mean error\?/],
    [{ api }, {}, /a fault takes one of error, errors/],
    [{ api }, { error: 'NOT_LEADER_OR_FOLLOWER', lose: 'request' }, /error and lose do not go together/],
    [{ api }, { error: 'NONE' }, /there is no error 'NONE'; near are NON_EMPTY_GROUP/],
    [{ api }, { errors: 'NOT_LEADER_OR_FOLLOWER' }, /errors takes a list/],
    [{ api }, { delay: 1, when: 'afer' }, /when is 'afer'; it takes before or after/],
    [{ api }, { delay: '1s' }, /delay is '1s'; it takes milliseconds/],
    [{ api }, { lose: 'reqest' }, /lose is 'reqest'; it takes request or answer/],
    // biome-ignore lint/suspicious/noThenProperty: the kit's word for what comes next
    [{ api }, { lose: 'request', then: 'stal' }, /then is 'stal'; it takes close or stall/],
    [{ api }, { duplicate: false }, /duplicate is false; it takes true/],
    [{ api }, { truncate: '9' }, /truncate is '9'; it takes a whole number from 0 on/],
    [{ api }, { corrupt: false }, /corrupt is false; it takes a whole number/],
  ]
  for (const [match, action, message] of wrong)
    t.throws(() => kit.fault(match as never, action as never), { message }, String(message))
  t.same(kit.faults, [], 'none is in force')
  const later = kit.fault({ api, topic: /x/g }, { error: 'NOT_LEADER_OR_FOLLOWER', delay: 1 })
  const waits = later.hit(1, { timeoutMs: 60_000 })
  later.remove()
  await t.rejects(waits, /removed when it had met 0/, 'who waits for a fault that is gone hears of it')
})

t.test('all else that is misspelt is refused, and does nothing', async t => {
  await using kit = await TestKafka.start({ topics: { orders: 1 } })
  const orders = kit.topic('orders')
  await orders.produce(['one'])
  await using other = await TestKafka.start()
  const foreign = await other.snapshot()
  const wrong: readonly (readonly [said: () => unknown, message: RegExp])[] = [
    [() => kit.reset({ connection: 'close' } as never), /reset has no 'connection'; did you mean connections\?/],
    [() => kit.reset({ connections: 'closed' } as never), /connections is 'closed'; it takes keep or close/],
    [() => kit.reset({ topicIds: 'same' } as never), /topicIds is 'same'; it takes new or keep/],
    [() => kit.restore(undefined as never), /take what snapshot\(\) has given/],
    [() => kit.restore(foreign), /there is no snapshot/],
    [() => kit.fork(foreign), /there is no snapshot/],
    [() => kit.cluster(undefined as never), /the name of a cluster is undefined; it takes text/],
    [() => kit.cluster(''), /the name of a cluster is empty/],
    [() => kit.cluster('a', { strct: true } as never), /cluster has no 'strct'; did you mean strict\?/],
    [() => kit.advertise(undefined as never), /listeners is undefined; it takes text/],
    [() => kit.clock.advance('1s', { member: 'silent' } as never), /advance has no 'member'; did you mean members\?/],
    [() => kit.clock.advance('1s', { members: 'silnt' } as never), /members is 'silnt'; it takes kept or silent/],
    [() => kit.clock.set('tomorrow'), /'tomorrow' is no date/],
    [() => kit.network.disturb({ latency: 5 } as never), /disturb has no 'latency'; did you mean latencyMs\?/],
    [() => kit.network.disturb({ blocked: 'inn' } as never), /blocked is 'inn'; it takes in, out, both/],
    [() => kit.network.cut('nope'), /there is no listener 'nope'/],
    [() => kit.disk.disturb({}), /everything is in memory: there is no disk/],
    [() => kit.request({ api: 'Ofsets' }), /there is no API 'Ofsets'/],
    [() => kit.request({ api: 'Fetch', cout: 3 } as never), /request has no 'cout'; did you mean count\?/],
    [() => kit.request({ api: 'Fetch', timeoutMs: Number.NaN }), /timeoutMs is NaN; it takes milliseconds/],
    [() => kit.group('g').ready({ timeoutMs: 5 } as never), /members is an object; it takes a whole number from 1 on/],
    [() => kit.group('g').caughtUp({ timeout: 5 } as never), /waiting has no 'timeout'/],
    [() => kit.group(undefined as never).ready(), /the id of a group is undefined/],
    [() => kit.group('g').setOffsets({} as never), /offsets takes a list, not an object/],
    [() => orders.offset(0, undefined as never), /offset is null; it takes a whole number from 0 on/],
    [() => orders.produce('two' as never), /records takes a list, not 'two'/],
    [() => orders.produce([5 as never]), /record 1 takes text or an object/],
    [() => orders.produce([null as never]), /record 1 takes text or an object/],
    [() => orders.produce([Buffer.from('two') as never]), /record 1 takes text or an object/],
    [() => orders.produce([{ topic: 'letters', value: 'two' } as never]), /record 1 is for the topic letters/],
    [() => kit.load(['{}'] as never), /load takes the text of JSON lines/],
    [() => orders.records({ form: 1 } as never), /records has no 'form'; did you mean from\?/],
    [() => orders.records({ from: -1 }), /from is -1; it takes a whole number from 0 on/],
    [() => orders.records({ partition: '0' as never }), /partition is '0'; it takes a whole number/],
    [() => orders.records({ isolation: 'committed' as never }), /isolation is 'committed'; it takes read_committed/],
    [() => orders.expect({ value: 'one' } as never), /what expect looks for is an object; it takes a function/],
    [() => orders.expect((async () => false) as never), /takes no promise to answer by/],
    [() => orders.expect(() => true, { timeout: 5 } as never), /expect has no 'timeout'/],
  ]
  for (const [said, message] of wrong) await t.rejects(async () => said(), { message }, String(message))
  t.match(await orders.records(), [{ value: 'one' }], 'nothing was written or set back')
})
