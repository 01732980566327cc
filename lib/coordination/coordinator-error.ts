/** What a client of a coordinator is told where the coordinator's own partition fails it. */
import { codes } from '../../protocol/errors.ts'

/** The code for clients: whether to ask again, to look for the coordinator again, or to give up. */
export function coordinatorError(errorCode: number): number {
  switch (errorCode) {
    case codes.UNKNOWN_TOPIC_OR_PARTITION:
    case codes.NOT_ENOUGH_REPLICAS:
    case codes.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case codes.REQUEST_TIMED_OUT:
      return codes.COORDINATOR_NOT_AVAILABLE
    case codes.NOT_LEADER_OR_FOLLOWER:
    case codes.KAFKA_STORAGE_ERROR:
      return codes.NOT_COORDINATOR
    case codes.MESSAGE_TOO_LARGE:
    case codes.RECORD_LIST_TOO_LARGE:
    case codes.INVALID_FETCH_SIZE:
      return codes.UNKNOWN_SERVER_ERROR
    default:
      return errorCode
  }
}
