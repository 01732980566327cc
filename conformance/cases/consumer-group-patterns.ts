/** Odd regular expressions by which members subscribe: whether they are any. */
import { codes } from '../../protocol/errors.ts'
import { ConsumerGroupHeartbeat } from '../../protocol/messages/consumer-group-heartbeat.ts'
import type { Session } from '../session.ts'
import type { Case, Difference } from './case.ts'
import { coordinator } from './groups.ts'

/** Of RE2 as it is here, and not of re2j, which Kafka has: classes that Unicode got later, and those of several categories. */
const laterClasses = ['\\p{Cn}', '\\p{LC}', '\\p{Emoji}', '\\p{Kawi}', '\\p{Vithkuqi}', '\\p{Hanifi_Rohingya}']
/** Of re2j alone: repetitions within one another that come to more than a thousand. */
const manifold = ['(a{1000}){1000}', '((a{100}){100}){100}']

const patterns = [
  ...[
    'a.*',
    '(?i)orders',
    '(?s).*',
    '(?m)^a$',
    '(?U)a+',
    '(?x) a b',
    '(?u)a',
    '(?is-m:a)',
    '(?#x)a',
    '(?ii)a',
    '(?i-)a',
  ],
  ...[
    '[[:alpha:]]+',
    '[[:^alpha:]]',
    '[[:word:]]',
    '[[:foo:]]',
    '[[=a=]]',
    '[[.a.]]',
    '[]a]',
    '[^]a]',
    '[z-a]',
    '[a-\\d]',
  ],
  ...[
    '[a&&b]',
    '[a-c-e]',
    '[\\Qa-c\\E]',
    '[\\b]',
    '[]',
    '[^]',
    '[a',
    'a]',
    'a}',
    'a{',
    '{a',
    '*',
    '+a',
    '|',
    'a||b',
    '()',
    '(',
  ],
  ...[
    '\\pL+',
    '\\PL',
    '\\p{^L}+',
    '\\p{Greek}+',
    '\\p{Latin}',
    '\\p{Any}',
    '\\p{IsL}',
    '\\p{Script=Greek}',
    '\\p{ASCII}',
    '\\p',
    '\\p{',
  ],
  ...[
    'a(?=b)',
    'a(?!b)',
    '(?<=a)b',
    '(?<!a)b',
    '(?>a)',
    '(a)\\1',
    '(?P<n>a)',
    '(?<n>a)',
    '(?P=n)',
    '(?P<n>a)(?P<n>b)',
    "(?'n'a)",
  ],
  ...[
    'a{1000}',
    'a{1001}',
    'a{2,1}',
    'a{,3}',
    'a{3,}',
    'a{-1}',
    'a{2}{3}',
    'a**',
    'a++',
    'a*+',
    'a*?',
    'x{1000}{2}',
    '(a*)*',
  ],
  ...[
    '\\Aa\\z',
    'a\\Z',
    '\\Ga',
    '\\ba\\b',
    '\\Qa.b',
    '\\E',
    '\\h',
    '\\R',
    '\\X',
    '\\C',
    '\\K',
    '\\cA',
    '\\0',
    '\\07',
    '\\8',
  ],
  ...[
    '\\x41',
    '\\x{41}',
    '\\x{110000}',
    '\\x4',
    '\\u0041',
    '\\_',
    '\\<',
    '\\ ',
    '\\i',
    '\\',
    'ä+',
    '💥',
    '[💥-💨]',
    '(?i)ß',
  ],
  ...laterClasses,
  ...manifold,
]

async function oddPatterns(session: Session): Promise<void> {
  await coordinator(session, session.name('patterned'))
  for (const [i, subscribedTopicRegex] of patterns.entries()) {
    const groupId = session.name(`patterned-${i}`)
    const member = { groupId, memberId: 'one', memberEpoch: 0, rebalanceTimeoutMs: 300_000, topicPartitions: [] }
    const request = { ...member, subscribedTopicRegex }
    const { errorCode } = await session.prepare(ConsumerGroupHeartbeat, 1, request)
    session.note('ConsumerGroupHeartbeat', 1, `by ${subscribedTopicRegex}`, { errorCode })
  }
}

/** What we take, or refuse, where Kafka does the other. */
function otherVerdict(all: readonly string[], errorCode: number, reason: string): Difference[] {
  return all.map(pattern => ({
    ...{ answer: `ConsumerGroupHeartbeat v1 by ${pattern}`, path: 'errorCode' },
    ...{ ours: errorCode, reason },
  }))
}

export const patternCases: readonly Case[] = [
  {
    name: 'consumer groups: odd regular expressions',
    run: oddPatterns,
    differs: [
      ...otherVerdict(
        laterClasses,
        codes.NONE,
        '**Regular expressions** may name classes that Unicode got after version 7, and those of several categories (`\\p{Emoji}`, `\\p{Kawi}`, `\\p{LC}`, `\\p{Cn}`)',
      ),
      ...otherVerdict(
        manifold,
        codes.INVALID_REGULAR_EXPRESSION,
        '**Regular expressions** whose repetitions within one another come to more than a thousand (`(a{1000}){1000}`) are refused; Kafka takes them, and the memory that they need',
      ),
    ],
  },
]
