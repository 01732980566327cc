/** What `--help` prints of the commands that stand for scripts of Kafka and of its container images. */

const container = `ottla container configure|start|check-dirs

What the start scripts of the container image call. The variables of apache/kafka, confluentinc/cp-kafka and Bitnami's image
become the properties of a broker; docs/container.md has the rules.

  configure             writes a server.properties; ends with code 1, and a sentence for each, where a value cannot be
  start                 the same, and serves from it; takes the options of ottla start, too
  check-dirs            ends with code 1 where a data directory cannot be written

  --dialect NAME        whose rules count: apache, confluent or bitnami (seen by the variables)
  --out FILE            where configure writes (the place of the image); - for standard output
  --config FILE         with start: serve from this file where it is there, write it where it is not
  --check               with configure: write nothing
  --debug               also say what was accepted without an effect

  ottla container configure --out - --check
`

const serverStart = `ottla kafka-server-start FILE [--override NAME=VALUE ...]

Serves from a file of properties until SIGTERM or SIGINT. Takes the options of ottla start, too. New data directories become those
of the cluster that CLUSTER_ID names. KAFKA_OPTS may name a login file by -Djava.security.auth.login.config. Once clients can
connect, standard output has the lines that Kafka's containers are waited for by.

  ottla server-start server.properties --override num.partitions=3
`

const storage = `ottla kafka-storage format|info|random-uuid

  format -t ID -c FILE      marks the data directories of a file of properties as a cluster's
    --cluster-id, -t ID       the cluster
    --config, -c FILE         the file with log.dirs
    --ignore-formatted, -g    leave alone what is formatted already
    --add-scram, -S TEXT      a user: 'SCRAM-SHA-256=[name=alice,password=…]', iterations=8192 before the password if wanted
    --feature, -f NAME=LEVEL  a level that the cluster begins with: eligible.leader.replicas.version=0
    --standalone, -s, --no-initial-controllers, -N, --initial-controllers, -I TEXT, --release-version, -r TEXT
                              accepted; they are for KRaft
  info -c FILE              what the data directories say
  random-uuid               a new cluster id

  ottla storage format -t 4L6g3nShT-eMCtK--X86sw -c server.properties
`

const zookeeper = `ottla zookeeper-server-start FILE

Listens on the clientPort of FILE (2181), and nothing more: there is no ZooKeeper, and none is needed. Start scripts wait for the port.

  ottla zookeeper-server-start zookeeper.properties
`

const cub = `ottla cub kafka-ready|zk-ready|listeners

  kafka-ready COUNT SECONDS -b HOST:PORT [-c FILE]   waits until the cluster has so many brokers; 1 where it does not
  zk-ready HOST:PORT SECONDS                         waits until the port can be connected to; 1 where it cannot
  listeners ADVERTISED                               the same listeners on all addresses

  ottla cub kafka-ready 1 30 -b localhost:9092
`

export const kafkaTexts: Readonly<Record<string, string>> = {
  container,
  'server-start': serverStart,
  'kafka-server-start': serverStart,
  storage,
  'kafka-storage': storage,
  'zookeeper-server-start': zookeeper,
  cub,
}
