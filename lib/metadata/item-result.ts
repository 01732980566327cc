/** What became of one item of a request that changes the cluster. */
import { codes, KafkaError } from '../../protocol/errors.ts'

/** What became of one item of a request. */
export interface ItemResult {
  /** 0 where it is done. */
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const done: ItemResult = { errorCode: codes.NONE, errorMessage: null }

export function failed(error: KafkaError): ItemResult {
  return { errorCode: error.code, errorMessage: error.message }
}

/** Another broker was quicker. Clients try again by themselves after this code. */
export function changedMeanwhile(name: string): KafkaError {
  return new KafkaError(codes.NOT_CONTROLLER, `${name} was changed at the same moment by another broker; try again`)
}
