/** Why properties of Apache Kafka have no effect here: by the feature that they belong to. */

/** The first pattern that fits a name says what the name belongs to. */
export type Groups = readonly (readonly [title: string, pattern: RegExp])[]

export const propertyGroups: Groups = [
  [
    'Threads, queues and buffers, of which there are none',
    /^(background|num\.(io|network))\.threads|^log\.cleaner\.threads|^group\.coordinator\.(background\.)?threads|purgatory|^queued\.max\.requests|^(offsets|transaction\.state\.log)\.load\.buffer|^group\.coordinator\.(cached\.buffer|append\.linger)/,
  ],
  ['Share groups and their state', /^(group\.)?share\.|^errors\.deadletterqueue/],
  ['Streams groups', /^(group\.)?streams\./],
  ['Consumer groups of the new protocol', /^(group\.)?consumer\.|^group\.coordinator\.rebalance\.protocols/],
  ['Transactions', /^transaction|txn/],
  [
    'Authentication, authorisation, TLS',
    /^(sasl|ssl|security|delegation|authorizer|principal)\b|authentication|reauth|^early\.start/,
  ],
  ['Tiered storage', /remote|tiered|local\.retention/],
  [
    'KRaft controllers, of which there are none',
    /^(controller|metadata|internal\.metadata|unstable)\.|^log\.dir\.failure|^server\.max\.startup/,
  ],
  [
    'Several brokers: replication, elections, requests among brokers',
    /replica|leader|broker\.(heartbeat|session|registration)|shutdown|throttled|^request\.timeout|^socket\.connection\.setup/,
  ],
  ['Quotas', /quota/],
  ['Compression levels that the codec here does not have', /^compression/],
  ['Metrics and Java plug-ins', /metrics?\b|policy\.class|config\.providers|telemetry|callback/],
  ['Others', /./],
]

/** The title of the group that a name belongs to. */
export function groupOf(name: string, groups: Groups): string {
  return groups.find(([, pattern]) => pattern.test(name))![0]
}
