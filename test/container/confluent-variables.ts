/** Rows of confluentinc/cp-kafka: the reference of its variables. */
import type { Row } from './row.ts'

export const confluentRows: readonly Row[] = [
  // confluentinc/cp-kafka: the reference of its variables.
  {
    of: 'confluent',
    set: { KAFKA_PORT: '9092' },
    warns: /^KAFKA_PORT is ignored: port is not used any more: use listeners/,
  },
  {
    of: 'confluent',
    set: { KAFKA_ADVERTISED_HOST_NAME: 'a' },
    warns: /advertised\.host\.name is not used any more: use advertised\.listeners/,
  },
  { of: 'confluent', set: { KAFKA_BROKER_ID: '-1' }, says: /leaves the number to the broker/ },
  {
    of: 'confluent',
    set: { KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181' },
    says: /KAFKA_ZOOKEEPER_CONNECT is for ZooKeeper/,
  },
  { of: 'confluent', set: { KAFKA_ZOOKEEPER_SSL_CLIENT_ENABLE: 'true' }, says: /is for ZooKeeper/ },
  { of: 'confluent', set: { KAFKA_CUB_ZK_TIMEOUT: '40' }, says: /is for ZooKeeper/ },
  {
    of: 'confluent',
    set: { KAFKA_JMX_PORT: '9101', KAFKA_JMX_HOSTNAME: 'localhost' },
    says: /KAFKA_JMX_PORT is for a JVM/,
  },
  { of: 'confluent', set: { CLUSTER_ID: 'ciWo7IWazngRchmPES6q5A==' }, clusterId: 'ciWo7IWazngRchmPES6q5A==' },
  { of: 'confluent', set: { KAFKA_CONFLUENT_LICENSE_TOPIC_REPLICATION_FACTOR: '1' }, says: /Confluent's own parts/ },
  { of: 'confluent', set: { KAFKA_CONFLUENT_BALANCER_TOPIC_REPLICATION_FACTOR: '1' }, says: /Confluent's own parts/ },
  {
    of: 'confluent',
    set: { KAFKA_METRIC_REPORTERS: 'io.confluent.metrics.reporter.ConfluentMetricsReporter' },
    becomes: { 'metric.reporters': 'io.confluent.metrics.reporter.ConfluentMetricsReporter' },
    says: /no effect/,
  },
  { of: 'confluent', set: { KAFKA_DATA_DIRS: '/data' }, says: /describes the image/ },
  {
    of: 'confluent',
    set: {
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    },
    becomes: {
      listeners: 'PLAINTEXT://0.0.0.0:9093,BROKER://0.0.0.0:9092',
      'listener.security.protocol.map': 'BROKER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    },
  },
  {
    of: 'confluent',
    set: { KAFKA_LOG_FLUSH_INTERVAL_MESSAGES: '9223372036854775807' },
    becomes: { 'log.flush.interval.messages': '9223372036854775807' },
  },
  {
    of: 'confluent',
    set: { KAFKA_INTER_BROKER_PROTOCOL_VERSION: '3.7' },
    warns: /brokers agree on features by themselves/,
  },
  { of: 'confluent', set: { KAFKA_REST_HOST_NAME: 'x' }, warns: /^KAFKA_REST_HOST_NAME is ignored/ },
  {
    of: 'confluent',
    set: {
      'KAFKA_LISTENER_NAME_EXTERNAL_SCRAM-SHA-256_SASL_JAAS_CONFIG':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    },
    becomes: {
      'listener.name.external.scram-sha-256.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    },
  },
]
