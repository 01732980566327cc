/** Transactions: their coordinator, and the partitions and groups that they write to. */
import type { Case } from '../case.ts'
import { describedCases } from './described.ts'
import { endCases } from './ends.ts'
import { initCases } from './init.ts'
import { levelCases } from './levels.ts'
import { offsetCases } from './offsets.ts'
import { offsetsOfSeveralCases } from './offsets-of-several.ts'
import { partitionCases } from './partitions.ts'
import { recordCases } from './records.ts'
import { unverifiedCases } from './unverified.ts'

export const transactionCases: readonly Case[] = [
  ...describedCases,
  ...initCases,
  ...partitionCases,
  ...recordCases,
  ...offsetCases,
  ...offsetsOfSeveralCases,
  ...endCases,
  ...levelCases,
  ...unverifiedCases,
]
