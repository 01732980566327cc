/** Why properties of Apache Kafka have no effect here: by the feature that they belong to. */

/** The first pattern that fits a name says what the name belongs to; where it is more than the title says, why that has no effect here. */
export type Groups = readonly (readonly [title: string, pattern: RegExp, reason?: string])[]

export const propertyGroups: Groups = [
  [
    'Threads, queues and buffers, of which there are none',
    /^(background|num\.(io|network))\.threads|^log\.cleaner\.threads|^group\.coordinator\.(background\.)?threads|purgatory|^queued\.max\.requests|^(offsets|transaction\.state\.log)\.load\.buffer|^group\.coordinator\.(cached\.buffer|append\.linger)/,
    'one event loop serves all, and writes once in a turn; its bounds are in bytes, such as queued.max.request.bytes',
  ],
  ['Share groups and their state', /^(group\.)?share\.|^errors\.deadletterqueue/, 'there are none yet'],
  ['Streams groups', /^(group\.)?streams\./, 'there are none yet'],
  ['Transactions', /^transaction|txn/],
  ['GSSAPI (Kerberos)', /^sasl\.kerberos/, 'the mechanism is not served'],
  ['OAUTHBEARER', /^sasl\.oauthbearer|^sasl\.login\.(connect|read|refresh|retry)/, 'the mechanism is not served'],
  [
    'Java classes and security providers',
    /^sasl\..*(class|login)|^principal\.builder|^security\.providers|^ssl\.(engine|protocol|provider|secure|keymanager|trustmanager)|^ssl\.(key|trust)store\.type/,
    'there is no JVM to load them; TLS is that of Node, at the versions of ssl.enabled.protocols, and the form of a store shows in its content',
  ],
  [
    'Authentication, authorisation, TLS',
    /^(sasl|ssl|security|authorizer|principal)\b|authentication|reauth|^early\.start/,
    'mechanisms of listeners of KRaft controllers, of which there are none; and no listener waits for an authorizer that is being loaded',
  ],
  ['Tiered storage', /remote|tiered|local\.retention/, 'there is none yet'],
  [
    'KRaft controllers, of which there are none',
    /^(controller|metadata|internal\.metadata|unstable)\.|^log\.dir\.failure|^server\.max\.startup/,
    'metadata are kept in a store, whose own settings bound it',
  ],
  [
    'Windows of the rate at which partitions move between directories (KIP-113)',
    /^alter\.log\.dirs\.replication\.quota/,
    'copies are paced evenly, so that replica.alter.log.dirs.io.max.bytes.per.second holds at every moment',
  ],
  [
    'Requests, leases and elections among several brokers',
    /replica|leader|broker\.(heartbeat|session|registration)|shutdown|^request\.timeout|^socket\.connection\.setup/,
    'replica.socket.timeout.ms bounds each request and broker.session.timeout.ms each lease; what can be elected is at once; buffers are those of the system',
  ],
  ['Quotas', /quota/, 'Java classes are not loaded; quotas are those of kafka-configs'],
  [
    'Compression levels that the codec here does not have',
    /^compression/,
    'lz4 has one speed, which is that of Kafka’s default level',
  ],
  [
    'Metrics and Java plug-ins',
    /metrics?\b|policy\.class|config\.providers|telemetry|callback/,
    'Java classes are not loaded; figures are scraped from /metrics, with rates left to who reads them',
  ],
  ['Others', /./],
]

/** The title of the group that a name belongs to. */
export function groupOf(name: string, groups: Groups): string {
  return groups.find(([, pattern]) => pattern.test(name))![0]
}

/** Why the names of a group have no effect, where its title does not say it all. */
export function reasonOf(title: string, groups: Groups): string | undefined {
  return groups.find(([each]) => each === title)?.[2]
}
