/** Rows of apache/kafka and apache/kafka-native: docker/examples/README.md and its compose files, and what Kubernetes puts beside them. */
import type { Row } from './row.ts'

const kraft = /has no effect here/
const jvm = /is for a JVM, and there is none here/
const secrets = '/etc/kafka/secrets'
const tls = { KAFKA_ADVERTISED_LISTENERS: 'SSL://broker:9093' }
const tlsBecomes = { listeners: 'SSL://0.0.0.0:9093', 'advertised.listeners': 'SSL://broker:9093' }
const login =
  'KafkaServer {\n  org.apache.kafka.common.security.plain.PlainLoginModule required\n  username="admin"\n  user_admin="s";\n};\n'
const plainLogin = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

export const apacheRows: readonly Row[] = [
  // apache/kafka and apache/kafka-native: docker/examples/README.md and its compose files.
  { of: 'apache', set: {} },
  { of: 'apache', set: { KAFKA_ABC_DEF: '1' }, warns: /^KAFKA_ABC_DEF is ignored: there is no property abc\.def$/ },
  { of: 'apache', set: { KAFKA_NUM_PARTITIONS: '3' }, becomes: { 'num.partitions': '3' } },
  {
    of: 'apache',
    set: { KAFKA_LISTENER_NAME_MY__OWN_MAX_CONNECTIONS: '7' },
    becomes: { 'listener.name.my_own.max.connections': '7' },
  },
  {
    of: 'apache',
    set: { KAFKA_LISTENER_NAME_TC___0_MAX_CONNECTIONS: '7' },
    becomes: { 'listener.name.tc-0.max.connections': '7' },
  },
  {
    of: 'apache',
    set: { 'KAFKA_LISTENER_NAME_TC-0_MAX_CONNECTIONS': '7' },
    becomes: { 'listener.name.tc-0.max.connections': '7' },
  },
  { of: 'apache', set: { KAFKA_NODE_ID: '4' }, becomes: { 'node.id': '4' } },
  { of: 'apache', set: { KAFKA_BROKER_ID: '4' }, becomes: { 'broker.id': '4' } },
  {
    of: 'apache',
    set: { KAFKA_PROCESS_ROLES: 'broker,controller' },
    becomes: { 'process.roles': 'broker,controller' },
  },
  {
    of: 'apache',
    set: { KAFKA_PROCESS_ROLES: 'controller' },
    becomes: { 'process.roles': 'controller' },
    refuses: /^KAFKA_PROCESS_ROLES: process\.roles lacks 'broker'/,
  },
  {
    of: 'apache',
    set: { KAFKA_LISTENERS: 'PLAINTEXT://:19092,CONTROLLER://:9093,PLAINTEXT_HOST://:9092' },
    becomes: { listeners: 'PLAINTEXT://:19092,CONTROLLER://:9093,PLAINTEXT_HOST://:9092' },
  },
  {
    of: 'apache',
    set: { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://broker:19092,PLAINTEXT_HOST://localhost:9092' },
    becomes: {
      'advertised.listeners': 'PLAINTEXT://broker:19092,PLAINTEXT_HOST://localhost:9092',
      listeners: 'PLAINTEXT://0.0.0.0:19092,PLAINTEXT_HOST://0.0.0.0:9092',
    },
  },
  {
    of: 'apache',
    set: { KAFKA_ADVERTISED_LISTENERS: 'PLAINTEXT://[::1]:9092' },
    becomes: { 'advertised.listeners': 'PLAINTEXT://[::1]:9092', listeners: 'PLAINTEXT://0.0.0.0:9092' },
  },
  {
    of: 'apache',
    set: { KAFKA_LISTENERS: '', KAFKA_ADVERTISED_LISTENERS: 'TC-0://localhost:32768,' },
    becomes: { 'advertised.listeners': 'TC-0://localhost:32768', listeners: 'TC-0://0.0.0.0:32768' },
    says: /empty members of advertised\.listeners are left out/,
  },
  { of: 'apache', set: { KAFKA_ADVERTISED_LISTENERS: '' }, says: /^KAFKA_ADVERTISED_LISTENERS is empty/ },
  {
    of: 'apache',
    set: { KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,,TC-0:PLAINTEXT,' },
    becomes: { 'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,TC-0:PLAINTEXT' },
    says: /empty members/,
  },
  {
    of: 'apache',
    set: { KAFKA_INTER_BROKER_LISTENER_NAME: 'BROKER' },
    becomes: { 'inter.broker.listener.name': 'BROKER' },
  },
  {
    of: 'apache',
    set: { KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER' },
    becomes: { 'controller.listener.names': 'CONTROLLER' },
  },
  {
    of: 'apache',
    set: { KAFKA_CONTROLLER_QUORUM_VOTERS: '1@broker:29093,' },
    becomes: { 'controller.quorum.voters': '1@broker:29093' },
    says: kraft,
  },
  {
    of: 'apache',
    set: { KAFKA_CONTROLLER_QUORUM_BOOTSTRAP_SERVERS: 'broker:29093' },
    becomes: { 'controller.quorum.bootstrap.servers': 'broker:29093' },
    says: kraft,
  },
  { of: 'apache', set: { CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw' }, clusterId: '4L6g3nShT-eMCtK--X86sw' },
  {
    of: 'apache',
    set: { KAFKA_LOG_DIRS: '/tmp/a,/tmp/b,' },
    becomes: { 'log.dirs': '/tmp/a,/tmp/b' },
    says: /empty members/,
  },
  { of: 'apache', set: { KAFKA_LOG_DIR: '/tmp/a' }, becomes: { 'log.dir': '/tmp/a' } },
  {
    of: 'apache',
    set: { KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1' },
    becomes: { 'offsets.topic.replication.factor': '1' },
  },
  {
    of: 'apache',
    set: { KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1', KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1' },
    becomes: { 'transaction.state.log.replication.factor': '1', 'transaction.state.log.min.isr': '1' },
  },
  {
    of: 'apache',
    set: { KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0' },
    becomes: { 'group.initial.rebalance.delay.ms': '0' },
  },
  {
    of: 'apache',
    set: { KAFKA_NUM_PARTITIONS: 'many' },
    becomes: { 'num.partitions': 'many' },
    refuses: /^KAFKA_NUM_PARTITIONS: num\.partitions cannot be 'many': it takes a whole number from 1/,
  },
  {
    of: 'apache',
    set: { KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'yes' },
    becomes: { 'auto.create.topics.enable': 'yes' },
    refuses: /^KAFKA_AUTO_CREATE_TOPICS_ENABLE: auto.create.topics.enable cannot be 'yes': it takes true or false/,
  },
  { of: 'apache', set: { KAFKA_LISTNERS: 'x' }, warns: /did you mean KAFKA_LISTENERS\?/ },
  { of: 'apache', set: { KAFKA_LOG4J_ROOT_LOGLEVEL: 'DEBUG' }, says: /sets the log level/ },
  { of: 'apache', set: { KAFKA_LOG4J_LOGGERS: 'kafka.controller=WARN' }, says: /log4j, which is not here/ },
  { of: 'apache', set: { KAFKA_TOOLS_LOG4J_LOGLEVEL: 'ERROR' }, says: /log4j/ },
  { of: 'apache', set: { KAFKA_HEAP_OPTS: '-Xmx1G' }, says: jvm },
  { of: 'apache', set: { KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseG1GC' }, says: jvm },
  { of: 'apache', set: { KAFKA_GC_LOG_OPTS: '-Xlog' }, says: jvm },
  { of: 'apache', set: { KAFKA_JMX_OPTS: '-Dcom.sun.management.jmxremote' }, says: jvm },
  { of: 'apache', set: { KAFKA_VERSION: '4.4.0' }, says: /describes the image/ },
  {
    of: 'apache',
    set: {
      ...tls,
      KAFKA_SSL_KEYSTORE_FILENAME: 'kafka01.keystore.jks',
      KAFKA_SSL_KEYSTORE_CREDENTIALS: 'kafka_keystore_creds',
    },
    files: { [`${secrets}/kafka01.keystore.jks`]: 'K', [`${secrets}/kafka_keystore_creds`]: 'abcdefgh\n' },
    becomes: {
      ...tlsBecomes,
      'ssl.keystore.location': `${secrets}/kafka01.keystore.jks`,
      'ssl.keystore.password': 'abcdefgh',
    },
  },
  {
    of: 'apache',
    set: { ...tls, KAFKA_SSL_KEY_CREDENTIALS: 'kafka_ssl_key_creds' },
    files: { [`${secrets}/kafka_ssl_key_creds`]: 'abcdefgh' },
    becomes: { ...tlsBecomes, 'ssl.key.password': 'abcdefgh' },
  },
  {
    of: 'apache',
    set: {
      ...tls,
      KAFKA_SSL_TRUSTSTORE_FILENAME: 'kafka.truststore.jks',
      KAFKA_SSL_TRUSTSTORE_CREDENTIALS: 'kafka_truststore_creds',
    },
    files: { [`${secrets}/kafka.truststore.jks`]: 'T', [`${secrets}/kafka_truststore_creds`]: 'abcdefgh' },
    becomes: {
      ...tlsBecomes,
      'ssl.truststore.location': `${secrets}/kafka.truststore.jks`,
      'ssl.truststore.password': 'abcdefgh',
    },
  },
  {
    of: 'apache',
    set: { ...tls, KAFKA_SSL_KEYSTORE_FILENAME: 'gone.jks' },
    becomes: tlsBecomes,
    refuses:
      /^KAFKA_SSL_KEYSTORE_FILENAME names \/etc\/kafka\/secrets\/gone\.jks, which is not there or may not be read; mount it there/,
  },
  { of: 'apache', set: { KAFKA_SSL_KEY_CREDENTIALS: 'gone' }, warns: /^KAFKA_SSL_KEY_CREDENTIALS names/ },
  {
    of: 'apache',
    set: { KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM: ' ' },
    becomes: { 'ssl.endpoint.identification.algorithm': '' },
  },
  {
    of: 'apache',
    set: { KAFKA_SSL_PROVIDER: 'SunJSSE' },
    becomes: { 'ssl.provider': 'SunJSSE' },
    says: /has no effect here/,
  },
  {
    of: 'apache',
    set: { KAFKA_SSL_CLIENT_AUTH: 'required' },
    becomes: { 'ssl.client.auth': 'required' },
  },
  {
    of: 'apache',
    set: {
      KAFKA_ADVERTISED_LISTENERS: 'SASL_PLAINTEXT://localhost:9093',
      KAFKA_SASL_ENABLED_MECHANISMS: 'PLAIN',
      KAFKA_OPTS: '-Xss1m -Djava.security.auth.login.config=/etc/kafka/secrets/broker_jaas.conf',
    },
    files: { '/etc/kafka/secrets/broker_jaas.conf': login },
    becomes: {
      'advertised.listeners': 'SASL_PLAINTEXT://localhost:9093',
      listeners: 'SASL_PLAINTEXT://0.0.0.0:9093',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `${plainLogin} username="admin" user_admin="s";`,
    },
    says: /only the login file/,
  },
  {
    of: 'apache',
    set: { KAFKA_ADVERTISED_LISTENERS: 'SASL_SSL://a:1', KAFKA_OPTS: '-Djava.security.auth.login.config=/gone' },
    becomes: { 'advertised.listeners': 'SASL_SSL://a:1', listeners: 'SASL_SSL://0.0.0.0:1' },
    refuses: /^KAFKA_OPTS names the login file \/gone, which is not there or may not be read; mount it there/,
  },
  { of: 'apache', set: { KAFKA_OPTS: '-Djava.security.auth.login.config=/gone' }, warns: /login file \/gone/ },
  { of: 'apache', set: { KAFKA_OPTS: '-javaagent:x.jar' }, says: /KAFKA_OPTS is for a JVM/ },
  {
    of: 'apache',
    set: {
      KAFKA_SUPER_USERS: 'User:admin;User:CN=a,O=b',
      KAFKA_ALLOW_EVERYONE_IF_NO_ACL_FOUND: 'true',
      KAFKA_AUTHORIZER_CLASS_NAME: 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    },
    becomes: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:admin;User:CN=a,O=b',
      'allow.everyone.if.no.acl.found': 'true',
    },
  },
  {
    of: 'apache',
    set: { KAFKA_NUM_PARTITIONS: '5' },
    files: { '/mnt/shared/config/server.properties': 'num.partitions=2\nlog.dirs=/data\n' },
    becomes: { 'num.partitions': '5', 'log.dirs': '/data' },
  },
  // Kubernetes puts these into every container beside a service called kafka.
  {
    of: 'apache',
    set: { KAFKA_PORT: 'tcp://10.0.0.1:9092' },
    warns: /^KAFKA_PORT is ignored: Kubernetes .*enableServiceLinks: false/,
  },
  { of: 'confluent', set: { KAFKA_SERVICE_HOST: '10.0.0.1' }, warns: /^KAFKA_SERVICE_HOST is ignored: Kubernetes/ },
  {
    of: 'bitnami',
    set: { KAFKA_SERVICE_PORT_CLIENT: '9092' },
    warns: /^KAFKA_SERVICE_PORT_CLIENT is ignored: Kubernetes/,
  },
  {
    of: 'confluent',
    set: {
      KAFKA_PORT_9092_TCP: 'tcp://10.0.0.1:9092',
      KAFKA_PORT_9092_TCP_PORT: '9092',
      KAFKA_PORT_9092_TCP_PROTO: 'tcp',
    },
    warns: /^KAFKA_PORT_9092_TCP, KAFKA_PORT_9092_TCP_PORT, KAFKA_PORT_9092_TCP_PROTO are ignored/,
  },
  // Of other images, and met often.
  { of: 'apache', set: { KAFKA_CREATE_TOPICS: 'orders:3:1' }, says: /KAFKA_CREATE_TOPICS is read/ },
]
