/** What `--help` prints. */
import { kafkaTexts } from './help-kafka.ts'

const overall = `ottla: a Kafka broker

  ottla                                       a broker to try: ottla start --dev, and how to go on
  ottla start [server.properties] [options]   serve Kafka's clients until SIGTERM or SIGINT
  ottla exec [options] -- COMMAND ...         run a command, such as tests, with a broker of its own
  ottla health [--bootstrap HOST:PORT]        whether a broker serves its clients, as an exit code
  ottla await WHAT [--timeout MS]             waits until a broker for tests is so far, with 124 where the time is over
  ottla metrics [WORD ...] [--http HOST:PORT]  what a broker tells of itself over HTTP, once or every few seconds
  ottla doctor [--bootstrap HOST:PORT]        what is in the way of a broker and its clients, in plain words
  ottla protocol decode|encode|records        Kafka's bytes as JSON and back, one JSON object a line
  ottla log check|dump|repair DIR             what is in the files of a data directory, and whether it is sound
  ottla metadata dump|check|save|restore      what a cluster knows of itself: looked at, saved and put back
  ottla produce | consume --help              lines of standard input to records of a topic, and back
  ottla mirror --from A --to B                copies topics of any cluster to any other
  ottla perf produce|consume|latency          measures a broker, in the lines of Kafka's performance tools
  ottla topics, configs, groups, transactions, acls, users, get-offsets, delete-records, log-dirs, leader-election, cluster, features,
    metadata-quorum, client-metrics, tokens, dump-log, all-groups, broker-api-versions
                                              Kafka's command-line tools, with their options and output; each has a --help, and goes also
                                              by Kafka's name: kafka-topics, kafka-consumer-groups, …
  ottla container configure|start             a broker by the variables of Kafka's container images
  ottla server-start FILE                     and server-stop, storage, zookeeper-server-start, cub: as Kafka's scripts of these names
  ottla completion bash|zsh|fish              what a shell needs to complete all this
  ottla COMMAND --help                        what a command takes
  ottla --version

To try it:  ottla
For tests:  ottla exec -- npm test
`

const start = `ottla start [server.properties] [options]

  server.properties       Kafka's own property names; those it does not know are named in a warning
  --port N                port for clients (9092); 0 takes a free one
  --host ADDRESS          address to listen on (127.0.0.1); 0.0.0.0 for every address of this machine
  --published HOST[:PORT] in a container: what clients are told that come through a published port
  --data DIR              where topics are kept, in Kafka's own file formats (./ottla-data)
  --ephemeral             keep everything in memory, gone at the end
  --brokers N             so many brokers in this process that are one cluster: ports and node ids follow each other
  --dev                   for tests and laptops: groups form at once, topics appear on use, few internal partitions
  --dev-tls               TLS to try out: an authority made at each start, and what clients need to trust it
  --set NAME=VALUE        one property, over the file's; as often as wanted, or several after one --set
  --topic NAME:PARTITIONS make a topic, unless it is there; settings follow: orders:3:cleanup.policy=compact
  --load FILE             load records, one {"topic": …, "key": …, "value": …} a line, before clients can connect
  --ready-file FILE       written once clients can connect: {"bootstrap", "pid", "clusterId", …}; removed at the end
  --http [HOST:]PORT      serve a console, /metrics, /live and /ready over HTTP, on this machine unless HOST says otherwise (off)
  --testing               a broker for tests, as with OTTLA_TESTING=1: in memory unless told otherwise, with /testing/ at --http (8080)
  --persona VERSION       with --testing: pass for Apache Kafka 0.11, 2.8, 3.9, 4.0 or 4.4 in the versions and features that clients are told
  --seed N                with --testing: ids of topics, members and producers are drawn from it, the same again for the same seed
  --offset-commit-version N  with --testing: 3 for tools that read __consumer_offsets by themselves and do not know 4
  --trace                 each request and answer in words on standard output, with the causes of errors; --trace-json as JSON lines
  --log-level LEVEL       trace, debug, info, warn, error or silent (info), on standard error
  --help                  this

--topic, --load and --set may be given several times. A file of --load is loaded at each start that names it.
One line on standard output says when clients can connect, and where. SIGTERM and SIGINT end it cleanly.

  ottla start --dev --ephemeral --port 0 --topic orders:3
  ottla start server.properties --set log.retention.hours=1 --set num.partitions=3
`

const exec = `ottla exec [options] -- COMMAND [ARGUMENT ...]

Starts a broker in memory on a free port, with the settings of --dev, runs the command, stops the broker, and ends with the
command's exit code; 128 and the signal's number where a signal ended it. Signals are passed on to the command.

The command finds the broker's address in KAFKA_BOOTSTRAP_SERVERS, and also in KAFKA_BROKERS, BOOTSTRAP_SERVERS and
SPRING_KAFKA_BOOTSTRAP_SERVERS, so that none of them leads a test to another cluster.

The options are those of ottla start: --topic, --load, --set, --data, --port and the others. Warnings are logged to standard error.

  ottla exec -- npm test
  ottla exec --topic orders:3 --load records.jsonl -- node --test
`

const metrics = `ottla metrics [WORD ...] [options]

Shows the figures that a broker with --http tells at /metrics, those whose names or labels have every WORD in them. Times are shown by their
mean and by what half and 99 % of them are below.

  --http HOST:PORT        where the broker serves HTTP (OTTLA_HTTP, or localhost:8080)
  --partitions            by partition, where they are by topic otherwise
  --every SECONDS         again and again, with what has come up a second since the look before
  --json                  an array of {name, labels, value, …} for each look
  --help                  this

  ottla metrics lag
  ottla metrics requests_total Produce --every 2
`

const health = `ottla health [options]

Produces a record, consumes it, joins a group and leaves it, and ends with code 0; or says in one line what failed, with code 1.
Nothing of it is left that clients or figures show. At a broker other than Ottla a topic and a group are made and deleted.

  --bootstrap HOST:PORT   the broker (localhost:9092)
  --ready-file FILE       the broker that ottla start --ready-file tells of, instead; by a listener of the protocol of
                          --command-config, or else of PLAINTEXT. Where there is none, or its access rules let nobody in without a
                          login, only whether connections are accepted
  --command-config FILE   properties of a client, as security.protocol=SASL_SSL, ssl.truststore.location=… and sasl.jaas.config=…
  --timeout MS            how long all of it may take (1000; 10000 at a broker other than Ottla)
  --help                  this

  ottla health && echo "serves its clients"
`

const doctor = `ottla doctor [options]

Looks at Node and the native packages, at limits and the clock, at the data directory, and at a broker: each address that the broker
tells its clients is dialled from here. Run it where a client fails. Ends with code 1 where something fails.

  --bootstrap HOST:PORT   the broker (localhost:9092, where none needs to be)
  --data DIR              the data directory (./ottla-data)
  --command-config FILE   properties of a client, as security.protocol=SASL_SSL, ssl.truststore.location=… and sasl.jaas.config=…
  --timeout MS            how long one connection or answer may take (3000)
  --help                  this

  ottla doctor --bootstrap kafka:9092
`

const protocol = `ottla protocol decode|encode|records

Reads JSON objects from standard input, one a line, and writes one for each to standard output.

  decode    {"message", "version", "hex"}   ->  {"json"}
  encode    {"message", "version", "json"}  ->  {"hex"}
  records   {"hex"}                         ->  {"batches"}

What cannot be done gives {"error"}; for bytes it says at which byte and field.

  ottla protocol records < batches.jsonl
`

const log = `ottla log check|dump|repair DIR

DIR is a data directory, or the directory of one partition. Nothing is changed but by repair.

  check     reads everything, says what does not fit together, and ends with code 1 if there is anything
              --compacted     offsets may be left out (known by itself where compaction has noted what it did)
  dump      batches, indexes, producers, checkpoints: one JSON object a line
              --records       the records too; those of the broker's own topics as the messages they are
              --offset N      from the batch that holds offset N on
              --limit N       at most N lines of a kind from each file
  repair    with no broker running: rebuilds indexes, cuts a torn end, removes what a crash left behind
              --compacted     as with check
              --cut-damage    also cuts where sound records follow the damage, and loses them

  ottla log check ./ottla-data
  ottla log dump ./ottla-data/orders-0 --records --offset 1000 --limit 10
`

const metadata = `ottla metadata dump|check|save FILE|restore FILE  --store ADDRESS | --data DIR | --config FILE

Topics, partitions, settings, users and access rules of a cluster, as they stand in its metadata store.

  dump      one JSON object a line, {"key", "revision", "value"}, without what passwords are checked by
              --prefix TEXT   keys that begin so, such as topics/
  check     says what does not fit together, such as partitions of no topic, and ends with code 1 if there is anything
  save      all of it into a file, as it was at one moment; it has what passwords are checked by, so keep it to yourself
  restore   puts a saved file into a store that is empty, with all brokers stopped. Leader epochs, broker epochs and ids of producers go on
            above what may have been used since it was saved
              --replace       in the place of what is there
              --raise N       as if each broker had started so often since (100000)
              --data DIR      logs of brokers, whose epochs are gone beyond too; may be given several times

Where the metadata are:

  --store etcd://HOST:PORT,HOST:PORT/PREFIX    in etcd, also while brokers run
  --data DIR              in the data directory of a broker that is stopped
  --config FILE           where its metadata.store or log.dirs say it
  --set NAME=VALUE        one property, such as metadata.store.user, over the file's

  ottla metadata dump --store etcd://etcd1:2379/ottla --prefix topics/
  ottla metadata save cluster.jsonl --config server.properties
`

const awaited = `ottla await WHAT [options]

Waits for a state of a broker that was started with --testing, over HTTP.

  group NAME ready [MEMBERS]     stable, with so many members, each of which fetches all that it was assigned
  group NAME caught-up           all is committed that is there now
  topic NAME-PARTITION offset N  consumers can read so many records
  request API [COUNT]            so many requests of an API were answered since the start, as in: request OffsetCommit 3
  fault ID [COUNT]               a fault has met so many requests

  --http HOST:PORT              where /testing/ is (localhost:8080)
  --token TOKEN                  what it wants to see; OTTLA_TESTING_TOKEN where this is not given
  --cluster NAME                 one of its virtual clusters
  --timeout MS                   for how long (4000)
  --help                         this

Exit codes: 0 it is so, 1 it cannot be asked, 124 the time is over; then standard error says what was seen.

  ottla start --testing --topic orders:3 & ottla await group app ready 2
`

const texts: Readonly<Record<string, string>> = {
  start,
  exec,
  health,
  metrics,
  await: awaited,
  doctor,
  protocol,
  log,
  metadata,
  ...kafkaTexts,
}

/** The help of a command, or of all where there is none of that name. */
export function helpFor(command: string): string {
  return Object.hasOwn(texts, command) ? texts[command] : overall
}
