/** Errors in the words of Kafka's tools: the class of Java that stands before a sentence, and the sentence that its clients know by a code alone. */
import { codeName, codes, KafkaError } from '../../../protocol/errors.ts'

/** Names of classes that do not follow from the name of the code. */
const classes: Readonly<Record<number, string>> = {
  [codes.UNKNOWN_SERVER_ERROR]: 'UnknownServerException',
  [codes.REQUEST_TIMED_OUT]: 'TimeoutException',
  [codes.MESSAGE_TOO_LARGE]: 'RecordTooLargeException',
  [codes.TOPIC_ALREADY_EXISTS]: 'TopicExistsException',
  [codes.INVALID_CONFIG]: 'InvalidConfigurationException',
  [codes.TOPIC_AUTHORIZATION_FAILED]: 'TopicAuthorizationException',
  [codes.GROUP_AUTHORIZATION_FAILED]: 'GroupAuthorizationException',
  [codes.CLUSTER_AUTHORIZATION_FAILED]: 'ClusterAuthorizationException',
  [codes.KAFKA_STORAGE_ERROR]: 'KafkaStorageException',
  [codes.DELEGATION_TOKEN_AUTH_DISABLED]: 'DelegationTokenDisabledException',
  [codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED]: 'UnsupportedByAuthenticationException',
  [codes.DELEGATION_TOKEN_AUTHORIZATION_FAILED]: 'DelegationTokenAuthorizationException',
  [codes.NON_EMPTY_GROUP]: 'GroupNotEmptyException',
}

/** What is said where an answer has a code and no sentence. */
const sentences: Readonly<Record<number, string>> = {
  [codes.OFFSET_OUT_OF_RANGE]: 'The requested offset is not within the range of offsets maintained by the server.',
  [codes.UNKNOWN_TOPIC_OR_PARTITION]: 'This server does not host this topic-partition.',
  [codes.LEADER_NOT_AVAILABLE]:
    'There is no leader for this topic-partition as we are in the middle of a leadership election.',
  [codes.REQUEST_TIMED_OUT]: 'The request timed out.',
  [codes.INVALID_TOPIC_EXCEPTION]: 'The request attempted to perform an operation on an invalid topic.',
  [codes.INVALID_GROUP_ID]: 'The group id is invalid.',
  [codes.TOPIC_AUTHORIZATION_FAILED]: 'Topic authorization failed.',
  [codes.GROUP_AUTHORIZATION_FAILED]: 'Group authorization failed.',
  [codes.CLUSTER_AUTHORIZATION_FAILED]: 'Cluster authorization failed.',
  [codes.UNSUPPORTED_VERSION]: 'The version of API is not supported.',
  [codes.KAFKA_STORAGE_ERROR]: 'Disk error when trying to access log file on the disk.',
  [codes.LOG_DIR_NOT_FOUND]: 'The user-specified log directory is not found in the broker config.',
  [codes.DELEGATION_TOKEN_AUTH_DISABLED]: 'Delegation Token feature is not enabled.',
  [codes.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED]:
    'Delegation Token requests are not allowed on PLAINTEXT/1-way SSL channels and on delegation token authenticated channels.',
  [codes.DELEGATION_TOKEN_NOT_FOUND]: 'Delegation Token is not found on server.',
  [codes.DELEGATION_TOKEN_OWNER_MISMATCH]: 'Specified Principal is not valid Owner/Renewer.',
  [codes.DELEGATION_TOKEN_AUTHORIZATION_FAILED]: 'Delegation Token authorization failed.',
  [codes.DELEGATION_TOKEN_EXPIRED]: 'Delegation Token is expired.',
  [codes.INVALID_PRINCIPAL_TYPE]: 'Supplied principalType is not supported.',
  [codes.NON_EMPTY_GROUP]: 'The group is not empty.',
  [codes.GROUP_ID_NOT_FOUND]: 'The group id does not exist.',
  [codes.GROUP_SUBSCRIBED_TO_TOPIC]:
    'Deleting offsets of a topic is forbidden while the consumer group is actively subscribed to it.',
  [codes.BROKER_ID_NOT_REGISTERED]: 'The given broker ID was not registered.',
}

/** The sentence of a code, or of an error that may have brought its own. */
export function sentenceOf(failed: number | Error): string {
  if (typeof failed === 'number') return sentences[failed] ?? codeName(failed)
  return failed instanceof KafkaError && failed.message === codeName(failed.code)
    ? sentenceOf(failed.code)
    : failed.message
}

/** The same behind the class that Kafka's clients throw. */
export function thrownAs(failed: number | KafkaError): string {
  const code = typeof failed === 'number' ? failed : failed.code
  return `${classOf(code)}: ${sentenceOf(failed)}`
}

/** `org.apache.kafka.common.errors.GroupIdNotFoundException` for GROUP_ID_NOT_FOUND. */
export function classOf(code: number): string {
  const words = codeName(code)
    .replace(/_EXCEPTION$/, '')
    .split('_')
  const regular = `${words.map(word => word[0] + word.slice(1).toLowerCase()).join('')}Exception`
  return `org.apache.kafka.common.errors.${classes[code] ?? regular}`
}
