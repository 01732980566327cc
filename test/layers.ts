/** Who may import whom, and why: test/tidy.test.ts holds it. */

/** What a group and a transaction need of others. */
const ofStateMachines = [
  ...['protocol/messages/', 'protocol/stored/', 'protocol/errors.ts', 'protocol/codec.ts', 'protocol/schema.ts'],
  ...['lib/base/deadlines.ts', 'lib/base/outcome.ts', 'lib/base/assert.ts'],
]

const ofRoot = { may: ['lib/', 'protocol/', 'storage/'], why: 'the composition root knows everything' }
const rootRows = ['lib/broker.ts', 'lib/composition.ts', 'lib/composition/'].map(from => ({ from, ...ofRoot }))
const ofTestKit = { may: ['lib/', 'protocol/', 'storage/'], why: 'the test-kit composes brokers of its own' }
const testKitRows = ['lib/testing.ts', 'lib/testing/'].map(from => ({ from, ...ofTestKit }))

/** Where each part may reach, beside itself. The first row that fits a file counts. A trailing slash means a directory. */
export const layers: readonly { from: string; may: readonly string[]; why: string }[] = [
  { from: 'bin/', may: ['lib/cli/'], why: 'the command is ten lines; everything that can be tested is in lib/cli' },
  {
    from: 'lib/cli/',
    may: [
      'lib/broker.ts',
      'lib/testing.ts',
      'lib/admin/',
      'lib/base/',
      'lib/config/',
      'lib/container/',
      'lib/client/',
      'lib/contents/topic-text.ts',
      'lib/network/',
      'lib/security/',
      'lib/cluster/',
      'lib/metadata/',
      'lib/tls/',
      'protocol/',
      'storage/',
    ],
    why: 'a command composes the broker or uses one of its parts by itself; it knows nothing of what is inside a running broker',
  },
  ...rootRows,
  ...testKitRows,
  { from: 'protocol/', may: [], why: 'bytes and objects must be usable without a broker' },
  {
    from: 'storage/compaction/compaction-worker.ts',
    may: ['storage/', 'lib/base/clock.ts', 'protocol/records/zstd.ts'],
    why: 'a thread is made of its own parts, takes the time from the machine, and prepares its own codecs',
  },
  {
    from: 'storage/',
    may: ['protocol/records/', 'protocol/stored/', 'protocol/errors.ts', 'protocol/codec.ts', 'lib/base/assert.ts'],
    why: 'a log knows no topics, leaders or clients, so that it can be tested and simulated by itself',
  },
  { from: 'lib/base/', may: [], why: 'what all others stand on stands on nothing' },
  {
    from: 'lib/groups/',
    may: ofStateMachines,
    why: 'a group is a state machine: what it needs of the world comes in as arguments',
  },
  {
    from: 'lib/transactions/',
    may: ofStateMachines,
    why: 'a transaction is a state machine: what it needs of the world comes in as arguments',
  },
  {
    from: 'lib/cluster/',
    may: [
      'protocol/messages/',
      'protocol/stored/',
      'protocol/shared-text.ts',
      'protocol/errors.ts',
      'lib/base/deadlines.ts',
      'lib/base/outcome.ts',
      'lib/base/assert.ts',
    ],
    why: 'changes of the cluster are functions of its image: only lib/metadata does their input and output',
  },
  {
    from: 'lib/controller/',
    may: ['lib/cluster/', 'protocol/errors.ts'],
    why: 'what the controller decides is a function of the image: only lib/metadata does its input and output',
  },
  {
    from: 'lib/server/',
    may: ['protocol/', 'lib/base/', 'lib/network/', 'lib/security/authentication.ts'],
    why: 'the server moves frames; what answers them is handed to it',
  },
  {
    from: 'lib/security/',
    may: [
      ...[
        'lib/base/',
        'lib/config/',
        'lib/cluster/acls.ts',
        'lib/cluster/address-ranges.ts',
        'lib/cluster/tokens.ts',
        'lib/cluster/topic-names.ts',
      ],
    ],
    why: 'who somebody is and what they may follows from messages, settings and rules; sockets and stores are behind those who ask',
  },
  {
    from: 'lib/client/',
    may: ['protocol/', 'lib/base/', 'lib/contents/partition-of-key.ts', 'lib/network/', 'lib/security/'],
    why: 'a client knows a broker by its protocol alone',
  },
  {
    from: 'lib/admin/',
    may: ['protocol/', 'lib/base/', 'lib/client/', 'lib/cluster/acls.ts', 'lib/network/', 'lib/security/'],
    why: 'an administrator knows a cluster by its protocol, and the numbers in it, alone',
  },
  {
    from: 'lib/container/',
    may: ['lib/config/', 'lib/security/jaas.ts'],
    why: "a container's environment becomes properties; who reads files and starts brokers hands them in",
  },
  { from: 'lib/tls/', may: ['lib/base/', 'lib/config/', 'lib/network/'], why: 'it knows keys, not who asks for them' },
  { from: 'lib/network/', may: ['lib/base/'], why: 'a network carries bytes; it does not know what they say' },
  {
    from: 'lib/config/',
    may: [
      'protocol/errors.ts',
      'protocol/config-sources.ts',
      'lib/base/',
      'storage/log.ts',
      'storage/config.ts',
      'storage/log-config.ts',
    ],
    why: 'settings are read by everyone, so they must not depend on those who read them',
  },
  {
    from: 'lib/partitions/',
    may: [
      'storage/',
      'protocol/',
      'lib/cluster/image.ts',
      'lib/cluster/topic-names.ts',
      'lib/config/',
      'lib/metrics/',
      'lib/base/',
    ],
    why: 'a partition serves reads and writes; it does not know who asks or who decides',
  },
  {
    from: 'lib/replication/',
    may: [
      'storage/',
      'protocol/',
      'lib/cluster/image.ts',
      'lib/partitions/',
      'lib/client/',
      'lib/network/',
      'lib/config/',
      'lib/metrics/',
      'lib/quotas/sampled-rate.ts',
      'lib/base/',
    ],
    why: 'a follower is a client of another broker that writes into partitions',
  },
  {
    from: 'lib/metadata/',
    may: ['lib/cluster/', 'lib/controller/', 'lib/config/', 'lib/base/', 'storage/', 'protocol/'],
    why: 'metadata is decided by lib/cluster and lib/controller, and kept here; those who live by it are told through onChange',
  },
  {
    from: 'lib/contents/',
    may: ['lib/metadata/', 'lib/partitions/', 'lib/cluster/', 'lib/config/', 'lib/base/', 'storage/', 'protocol/'],
    why: 'what a broker begins with is put into the cluster and its partitions; nobody but the start asks for it',
  },
  {
    from: 'lib/coordination/',
    may: [
      'lib/groups/',
      'lib/transactions/',
      'lib/partitions/',
      'lib/metadata/',
      'lib/cluster/',
      'lib/config/',
      'lib/metrics/',
      'lib/base/',
      'protocol/',
    ],
    why: 'the runtime joins the state machines with the logs that they are replayed from',
  },
  {
    from: 'lib/handlers/',
    may: [
      ...['protocol/', 'lib/base/', 'lib/config/', 'lib/cluster/', 'lib/coordination/', 'lib/groups/', 'lib/metadata/'],
      ...[
        'lib/partitions/',
        'lib/quotas/loading.ts',
        'lib/security/scram.ts',
        'lib/security/delegation-tokens.ts',
        'lib/server/',
        'lib/telemetry/',
        'lib/transactions/',
      ],
    ],
    why: 'a handler authorises, resolves and delegates; files and sockets are behind the parts that it calls',
  },
  {
    from: 'lib/telemetry/',
    may: ['protocol/', 'lib/base/', 'lib/metrics/'],
    why: 'what clients push becomes figures; who asks and what is subscribed to is handed in',
  },
  {
    from: 'lib/trace/',
    may: ['protocol/', 'lib/base/', 'lib/server/'],
    why: 'a trace stands around requests as an interceptor, and knows them by their messages alone',
  },
  {
    from: 'lib/console/',
    may: [
      ...['lib/admin/', 'lib/client/', 'lib/http/access.ts', 'lib/http/routes.ts', 'lib/trace/line.ts'],
      ...['lib/base/', 'protocol/'],
    ],
    why: 'the console is a client of the cluster like any other, and has nothing of the broker itself',
  },
  {
    from: 'lib/quotas/',
    may: ['protocol/', 'lib/base/', 'lib/cluster/quotas.ts', 'lib/server/'],
    why: 'quotas stand around requests as an interceptor; what they are is handed in',
  },
  {
    from: 'lib/http/',
    may: ['lib/base/'],
    why: 'what is served over HTTP is handed in as routes',
  },
  { from: 'lib/', may: ['protocol/', 'lib/base/'], why: 'a new part of the broker needs a row in this table' },
]
