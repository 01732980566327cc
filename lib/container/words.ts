/** Variables of the three images that set no property by their names: what is said of each. */

/** What a variable is for. */
export interface Word {
  /** Its name, or a pattern of names. */
  readonly name: string | RegExp
  readonly level: 'debug' | 'warn'
  /** What follows the name in the line that is written. */
  readonly note: string
}

const jvm = 'is for a JVM, and there is none here'
const log4j = 'is for log4j, which is not here'
const zooKeeper = 'is for ZooKeeper, and there is none here'
const kraft = 'is for KRaft, and this broker keeps its metadata by itself'
const read = 'is read'

/** In the order in which they are looked at. */
const words: readonly Word[] = [
  ...debug(jvm, 'KAFKA_HEAP_OPTS', 'KAFKA_JVM_PERFORMANCE_OPTS', 'KAFKA_GC_LOG_OPTS', 'KAFKA_DEBUG', 'KAFKA_CLASSPATH'),
  ...debug(jvm, /^KAFKA_JMX_/, /^KAFKA_(?:HEAP|OPTS|JMX|JVM)_?\w*_FILE$/),
  ...debug('is for a JVM; only the login file that it names is read', 'KAFKA_OPTS'),
  ...debug('sets the log level', 'KAFKA_LOG4J_ROOT_LOGLEVEL'),
  ...debug(log4j, 'KAFKA_LOG4J_OPTS', 'KAFKA_LOG4J_LOGGERS', 'KAFKA_TOOLS_LOG4J_LOGLEVEL', 'KAFKA_LOG4J_CMD_OPTS'),
  ...debug(zooKeeper, /^KAFKA_(?:CFG_)?ZOOKEEPER_/, 'KAFKA_CUB_ZK_TIMEOUT'),
  ...debug(kraft, 'KAFKA_ENABLE_KRAFT', 'KAFKA_INITIAL_CONTROLLERS', 'KAFKA_SKIP_KRAFT_STORAGE_INIT'),
  ...debug(kraft, 'KAFKA_KRAFT_BOOTSTRAP_SCRAM_USERS', 'KAFKA_CONTROLLER_QUORUM_VOTERS_COMMAND'),
  ...debug('is the cluster id', 'KAFKA_CLUSTER_ID', 'KAFKA_KRAFT_CLUSTER_ID'),
  ...debug('describes the image', /^KAFKA_(?:VERSION|HOME|BASE_DIR|USER|DAEMON_USER|DAEMON_GROUP|VOLUME_DIR)$/),
  ...debug('describes the image', /^KAFKA_(?:CONF_DIR|CONF_FILE|CERTS_DIR|INITSCRIPTS_DIR|DATA_DIR|DATA_DIRS)$/),
  ...debug(read, 'KAFKA_MOUNTED_CONF_DIR', 'KAFKA_CREATE_TOPICS', 'KAFKA_CREATE_TOPICS_SEPARATOR'),
  ...debug(read, /^KAFKA_SSL_(?:KEYSTORE|KEY|TRUSTSTORE)_(?:FILENAME|CREDENTIALS)$/),
  ...debug(read, /^KAFKA_(?:CLIENT_USERS|CLIENT_PASSWORDS|BROKER_USER|BROKER_PASSWORD)$/),
  ...debug(read, /^KAFKA_(?:INTER_BROKER|CONTROLLER)_(?:USER|PASSWORD)$/),
  ...debug(read, 'KAFKA_CERTIFICATE_PASSWORD', 'KAFKA_TLS_TYPE', 'KAFKA_TLS_CLIENT_AUTH', 'KAFKA_TLS_TRUSTSTORE_FILE'),
  ...debug(read, /^KAFKA_TLS_\w+_CLIENT_AUTH$/),
  ...debug('is for clients of the image', /^KAFKA_CLIENT_(?:LISTENER|LISTENER_NAME|SASL_MECHANISM)$/),
  ...debug('is for clients of the image', /^KAFKA_CFG_MAX_(?:REQUEST_SIZE|PARTITION_FETCH_BYTES)$/),
  ...debug("is for Confluent's own parts, and they are not here", /^KAFKA_(?:CFG_)?CONFLUENT_/),
  {
    name: /^KAFKA_(?:NODE|BROKER)_ID_COMMAND$/,
    level: 'warn',
    note: 'is not run: commands in variables are not carried out; set KAFKA_NODE_ID',
  },
]

function debug(note: string, ...names: readonly (string | RegExp)[]): Word[] {
  return names.map(name => ({ name, level: 'debug', note }))
}

/** The row of a variable, undefined where it may be the name of a property. */
export function wordOf(variable: string): Word | undefined {
  return words.find(({ name }) => (typeof name === 'string' ? name === variable : name.test(variable)))
}

const serviceName = /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$/

/** Whether Kubernetes put it there, as there is a service whose name begins with kafka. Its own names say most; a bare port needs a look at the value. */
export function isOfKubernetes(variable: string, value: string): boolean {
  if (!serviceName.test(variable)) return false
  return !/_PORT$/.test(variable) || /_\d+_\w+_PORT$|_SERVICE_PORT$/.test(variable) || /^\w+:\/\//.test(value)
}
