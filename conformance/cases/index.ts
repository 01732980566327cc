/** All cases, in the order in which they run. */
import type { Case } from './case.ts'
import { configCases } from './configs.ts'
import { coordinationCases } from './coordination.ts'
import { fetchCases } from './fetch.ts'
import { groupCases } from './groups.ts'
import { listOffsetsCases } from './list-offsets.ts'
import { offsetCases } from './offsets.ts'
import { produceCases } from './produce.ts'
import { subscriptionCases } from './subscriptions.ts'
import { topicCases } from './topics.ts'
import { versionCases } from './versions.ts'

export const cases: readonly Case[] = [
  ...versionCases,
  ...topicCases,
  ...produceCases,
  ...fetchCases,
  ...offsetCases,
  ...listOffsetsCases,
  ...groupCases,
  ...subscriptionCases,
  ...coordinationCases,
  ...configCases,
]
