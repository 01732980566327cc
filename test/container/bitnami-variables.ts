/** Rows of bitnami/kafka: README.md, its scripts' environment, and the list of its aliases. */
import type { Row } from './row.ts'

const certificates = {
  '/opt/bitnami/kafka/config/certs/kafka.keystore.jks': 'K',
  '/opt/bitnami/kafka/config/certs/kafka.truststore.jks': 'T',
}
const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

export const bitnamiRows: readonly Row[] = [
  // bitnami/kafka: README.md, kafka-env.sh and the list of its aliases.
  {
    of: 'bitnami',
    set: { KAFKA_CFG_BACKGROUND_THREADS: '11' },
    becomes: { 'background.threads': '11' },
    says: /no effect/,
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_AUTO_CREATE_TOPICS_ENABLE: 'true' },
    becomes: { 'auto.create.topics.enable': 'true' },
  },
  { of: 'bitnami', set: { ALLOW_PLAINTEXT_LISTENER: 'yes' } },
  { of: 'bitnami', set: { KAFKA_ENABLE_KRAFT: 'yes' }, says: /is for KRaft/ },
  { of: 'bitnami', set: { KAFKA_KRAFT_CLUSTER_ID: 'abcdefghijklmnopqrstuv' }, clusterId: 'abcdefghijklmnopqrstuv' },
  {
    of: 'bitnami',
    set: { KAFKA_CLUSTER_ID: 'a', KAFKA_KRAFT_CLUSTER_ID: 'b' },
    clusterId: 'a',
    warns: /two clusters; KAFKA_CLUSTER_ID counts/,
  },
  { of: 'bitnami', set: { KAFKA_CLUSTER_ID_FILE: '/run/id' }, files: { '/run/id': 'abc\n' }, clusterId: 'abc' },
  { of: 'bitnami', set: { KAFKA_LISTENERS_FILE: '/run/id' }, warns: /^KAFKA_LISTENERS_FILE is ignored/ },
  { of: 'bitnami', set: { KAFKA_CLIENT_PASSWORDS_FILE: '/gone' }, warns: /^KAFKA_CLIENT_PASSWORDS_FILE names \/gone/ },
  { of: 'bitnami', set: { KAFKA_LOGS_DIRS: '/data' }, becomes: { 'log.dirs': '/data' } },
  { of: 'bitnami', set: { KAFKA_SEGMENT_BYTES: '1048576' }, becomes: { 'log.segment.bytes': '1048576' } },
  { of: 'bitnami', set: { KAFKA_MAX_MESSAGE_BYTES: '1000' }, becomes: { 'message.max.bytes': '1000' } },
  {
    of: 'bitnami',
    set: { KAFKA_LOG_RETENTION_CHECK_INTERVALS_MS: '1000' },
    becomes: { 'log.retention.check.interval.ms': '1000' },
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_NUM_PARTITIONS: '2', KAFKA_NUM_PARTITIONS: '3' },
    becomes: { 'num.partitions': '3' },
    warns: /^KAFKA_CFG_NUM_PARTITIONS and KAFKA_NUM_PARTITIONS both set num\.partitions; KAFKA_NUM_PARTITIONS counts$/,
  },
  { of: 'bitnami', set: { KAFKA_CFG_MAX_REQUEST_SIZE: '1048576' }, says: /for clients of the image/ },
  {
    of: 'bitnami',
    set: { KAFKA_NODE_ID_COMMAND: 'echo 1' },
    warns: /commands in variables are not carried out; set KAFKA_NODE_ID/,
  },
  { of: 'bitnami', set: { KAFKA_CFG_ZOOKEEPER_CONNECT: 'zookeeper:2181' }, says: /is for ZooKeeper/ },
  { of: 'bitnami', set: { KAFKA_ZOOKEEPER_PROTOCOL: 'PLAINTEXT' }, says: /is for ZooKeeper/ },
  {
    of: 'bitnami',
    set: {
      KAFKA_CFG_LISTENERS: 'SASL_PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_CFG_SASL_ENABLED_MECHANISMS: 'PLAIN',
      KAFKA_CLIENT_USERS: 'ann,bob',
      KAFKA_CLIENT_PASSWORDS: 'a,b',
    },
    becomes: {
      listeners: 'SASL_PLAINTEXT://:9092,CONTROLLER://:9093',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `${plainLogin} user_ann="a" user_bob="b";`,
    },
    says: /KAFKA_CLIENT_USERS is read/,
  },
  {
    of: 'bitnami',
    set: {
      KAFKA_CFG_LISTENERS: 'INTERNAL://:9092',
      KAFKA_CFG_LISTENER_SECURITY_PROTOCOL_MAP: 'INTERNAL:SASL_PLAINTEXT',
      KAFKA_INTER_BROKER_USER: 'ib',
      KAFKA_INTER_BROKER_PASSWORD: 'p',
    },
    becomes: {
      listeners: 'INTERNAL://:9092',
      'listener.security.protocol.map': 'INTERNAL:SASL_PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'listener.name.internal.plain.sasl.jaas.config': `${plainLogin} username="ib" password="p" user_user="bitnami" user_ib="p";`,
      'listener.name.internal.scram-sha-256.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="ib" password="p" user_user="bitnami" user_ib="p";',
      'listener.name.internal.scram-sha-512.sasl.jaas.config':
        'org.apache.kafka.common.security.scram.ScramLoginModule required username="ib" password="p" user_user="bitnami" user_ib="p";',
    },
  },
  {
    of: 'bitnami',
    set: {
      KAFKA_CFG_LISTENERS: 'SASL_PLAINTEXT://:9092',
      KAFKA_CFG_SASL_ENABLED_MECHANISMS: 'PLAIN',
      KAFKA_CLIENT_USERS: 'a,b',
    },
    becomes: { listeners: 'SASL_PLAINTEXT://:9092', 'sasl.enabled.mechanisms': 'PLAIN' },
    refuses: /^KAFKA_CLIENT_USERS has 2 and KAFKA_CLIENT_PASSWORDS 1 members: give each user one password/,
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_LISTENERS: 'SSL://:9092', KAFKA_CERTIFICATE_PASSWORD: 'c', KAFKA_TLS_CLIENT_AUTH: 'none' },
    files: certificates,
    becomes: {
      listeners: 'SSL://:9092',
      'ssl.client.auth': 'none',
      'ssl.keystore.type': 'JKS',
      'ssl.truststore.type': 'JKS',
      'ssl.key.password': 'c',
      'ssl.keystore.location': '/opt/bitnami/kafka/config/certs/kafka.keystore.jks',
      'ssl.truststore.location': '/opt/bitnami/kafka/config/certs/kafka.truststore.jks',
      'ssl.keystore.password': 'c',
      'ssl.truststore.password': 'c',
    },
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_LISTENERS: 'SSL://:9092', KAFKA_TLS_TYPE: 'PEM' },
    files: {
      '/bitnami/kafka/config/certs/kafka.keystore.pem': '-----BEGIN\nX\n',
      '/bitnami/kafka/config/certs/kafka.keystore.key': 'KEY',
      '/bitnami/kafka/config/certs/kafka.truststore.pem': 'CA',
    },
    becomes: {
      listeners: 'SSL://:9092',
      'ssl.client.auth': 'required',
      'ssl.keystore.type': 'PEM',
      'ssl.truststore.type': 'PEM',
      'ssl.keystore.key': 'KEY',
      'ssl.keystore.certificate.chain': '-----BEGIN\nX\n',
      'ssl.truststore.certificates': 'CA',
    },
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_LISTENERS: 'SSL://:9092' },
    becomes: {
      listeners: 'SSL://:9092',
      'ssl.client.auth': 'required',
      'ssl.keystore.type': 'JKS',
      'ssl.truststore.type': 'JKS',
    },
    refuses:
      /there are no kafka\.keystore\.jks and kafka\.truststore\.jks in \/opt\/bitnami\/kafka\/config\/certs or \/bitnami\/kafka\/config\/certs; mount them there/,
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_LISTENERS: 'SSL://:9092', KAFKA_TLS_SSL_CLIENT_AUTH: 'requested' },
    files: certificates,
    becomes: {
      listeners: 'SSL://:9092',
      'ssl.client.auth': 'required',
      'listener.name.ssl.ssl.client.auth': 'requested',
      'ssl.keystore.type': 'JKS',
      'ssl.truststore.type': 'JKS',
      'ssl.keystore.location': '/opt/bitnami/kafka/config/certs/kafka.keystore.jks',
      'ssl.truststore.location': '/opt/bitnami/kafka/config/certs/kafka.truststore.jks',
    },
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_LISTENER_NAME_SASL_SSL_MAX_CONNECTIONS: '5' },
    becomes: { 'listener.name.sasl_ssl.max.connections': '5' },
  },
  {
    of: 'bitnami',
    set: { KAFKA_CFG_NUM_PARTITIONS: '5' },
    files: { '/bitnami/kafka/config/server.properties': 'num.partitions=2\n' },
    becomes: { 'num.partitions': '2' },
    warns: /^\/bitnami\/kafka\/config\/server\.properties is there, so that no variable sets a property/,
  },
  {
    of: 'bitnami',
    set: { KAFKA_MOUNTED_CONF_DIR: '/mine' },
    files: { '/mine/server.properties': 'num.partitions=2\n' },
    becomes: { 'num.partitions': '2' },
    warns: /^\/mine\/server\.properties is there/,
  },
]
