/** All questions, in the order in which they are asked: what lists everything before what may add to it. */
import { clusterQuestions } from './cluster.ts'
import { changingGroups, groupQuestions, listedGroups } from './groups.ts'
import type { Question } from './question.ts'
import { changingTopics, listedTopics, topicQuestions } from './topics.ts'
import { listedTransactions, transactionQuestions } from './transactions.ts'

export const questions: readonly Question[] = [
  ...[listedTopics, listedGroups, listedTransactions].flat(),
  ...[clusterQuestions, topicQuestions, groupQuestions, transactionQuestions].flat(),
  ...[changingTopics, changingGroups].flat(),
]

export function titleOf({ api, version, label }: Question): string {
  return `${api.name} v${version} ${label}`.trim()
}
