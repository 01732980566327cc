/** All words of `/testing/`, by subject. */
import { aboutWords } from './about-words.ts'
import { brokerWords } from './broker-words.ts'
import { clockWords } from './clock-words.ts'
import { diskWords } from './disk-words.ts'
import { faultWords } from './fault-words.ts'
import { networkWords } from './network-words.ts'
import { stateWords } from './state-words.ts'
import { traceWords } from './trace-words.ts'
import { waitWords } from './wait-words.ts'
import type { Word } from './words.ts'

export const allWords: readonly Word[] = [
  ...aboutWords,
  ...stateWords,
  ...clockWords,
  ...faultWords,
  ...networkWords,
  ...diskWords,
  ...brokerWords,
  ...traceWords,
  ...waitWords,
]
