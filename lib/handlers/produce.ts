/** Produce: appends records. Offsets are given at once; the answer leaves when the records are where `acks` wants them. */
import { codes, KafkaError } from '../../protocol/errors.ts'
import type { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import { baseSequence, producerEpoch, producerId } from '../../protocol/records/header.ts'
import { Deferred } from '../base/deferred.ts'
import {
  type AppendResult,
  type Partition,
  type PartitionAppend,
  type RecordError,
  RecordValidationError,
  recordErrorsMax,
} from '../partitions/partition.ts'
import { checkForVersion, isTransactionalSet } from '../partitions/record-sets.ts'
import { produced } from '../partitions/traffic.ts'
import type { Verification } from '../partitions/verifications.ts'
import { type ProduceOwner, ProduceWait } from '../partitions/waiting/waiters.ts'
import type { Context } from './context.ts'
import { type CurrentLeader, currentLeader, endpointsOf, leaderToldSince } from './current-leader.ts'
import { partitionFor } from './partition-for.ts'
import type { Refusal } from './refusals.ts'
import { TransactionRefusal, verifyForProduce } from './transaction-verification.ts'

type TopicAnswer = ProduceResponse['responses'][number]
type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]

/** One partition's answer, filled in as the request goes its way. */
interface PartitionAnswer {
  readonly index: number
  errorCode: number
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors: readonly { batchIndex: number; batchIndexErrorMessage: string }[]
  errorMessage: string | null
  currentLeader?: CurrentLeader
}

/** The client that may write into the topics of the broker's own: Kafka's tools repair them by it. */
const adminClientId = '__admin_client'
/** First version that tells which records are at fault (KIP-467). */
const recordErrorsSince = 8
/** First versions whose clients know TRANSACTION_ABORTABLE, and have partitions added by sending to them (KIP-890). */
const [abortableSince, addsPartitionsSince] = [11, 12]
const noRecordErrors: PartitionAnswer['recordErrors'] = []
/** Errors that say nothing of the log; with the others its start is told. */
const withoutLogStart: ReadonlySet<number> = new Set([
  codes.CORRUPT_MESSAGE,
  codes.NOT_LEADER_OR_FOLLOWER,
  codes.MESSAGE_TOO_LARGE,
  codes.RECORD_LIST_TOO_LARGE,
  codes.KAFKA_STORAGE_ERROR,
  codes.NOT_ENOUGH_REPLICAS,
])

/** Partitions are independent: each is answered with its own offset or error. Null where acks=0 wants no answer. */
export function produce(
  request: ProduceRequest,
  context: Context,
): ProduceResponse | Deferred<ProduceResponse | null> | null {
  return new Appends(request, context).answer()
}

/** The appends of one request. */
class Appends implements ProduceOwner {
  /** Counts the partitions that have to be waited for; null where none has. */
  #wait: ProduceWait | null = null
  /** The answer, where it is waited for. */
  #later: Deferred<ProduceResponse | null> | null = null
  /** How many records at fault may still be named: the bound of one batch is that of an answer, about 10 MB. */
  #recordErrorsLeft = recordErrorsMax
  /** The first error. */
  #refusal: KafkaError | null = null
  readonly #request: ProduceRequest
  readonly #response: {
    readonly responses: TopicAnswer[]
    readonly throttleTimeMs: number
    nodeEndpoints?: ProduceResponse['nodeEndpoints']
  }
  readonly #context: Context
  readonly #mayWriteTransactions: boolean

  constructor(request: ProduceRequest, context: Context) {
    this.#request = request
    this.#context = context
    const { transactionalId, topicData } = request
    this.#response = { responses: new Array(topicData.length), throttleTimeMs: 0 }
    this.#mayWriteTransactions =
      !hasTransactionalRecords(request) ||
      (transactionalId !== null && context.broker.authorize(context, 'write', 'transactionalId', transactionalId))
  }

  answer(): ProduceResponse | Deferred<ProduceResponse | null> | null {
    const { topicData } = this.#request
    const { responses } = this.#response
    let count = 0
    for (let i = 0; i < topicData.length; i++) {
      // A topic of which no partition is named is not answered.
      if (topicData[i]!.partitionData.length > 0) responses[count++] = this.#topic(topicData[i]!)
    }
    responses.length = count
    if (this.#wait === null || this.#wait.count === 0) return this.#outcome()
    this.#later = new Deferred()
    this.#wait.whenDone(this)
    return this.#later
  }

  done(): void {
    let response: ProduceResponse | null
    try {
      response = this.#outcome()
    } catch (error) {
      this.#later!.reject(error)
      return
    }
    this.#later!.resolve(response)
  }

  #outcome(): ProduceResponse | null {
    if (this.#refusal !== null || this.#wait?.anyFailed === true) this.#tellLeaders()
    if (this.#request.acks !== 0) return inWordsOf(this.#context.apiVersion, this.#response)
    // Without an answer, a closed connection is the only way to tell that records were lost.
    if (this.#refusal !== null) throw this.#refusal
    if (hasStorageError(this.#response)) {
      throw new KafkaError(codes.KAFKA_STORAGE_ERROR, 'the records could not be written')
    }
    return null
  }

  /** Tells who leads where the errors are that the client does not know it. */
  #tellLeaders(): void {
    if (this.#context.apiVersion < leaderToldSince.produce) return
    const leaders: CurrentLeader[] = []
    for (const { name, topicId, partitionResponses } of this.#response.responses) {
      for (const answer of partitionResponses as PartitionAnswer[]) {
        const leader = currentLeader(this.#context, answer.errorCode, { name, topicId }, answer.index)
        if (leader === undefined) continue
        answer.currentLeader = leader
        leaders.push(leader)
      }
    }
    this.#response.nodeEndpoints = endpointsOf(leaders, this.#context)
  }

  #topic(data: TopicData): TopicAnswer {
    const byId = this.#context.apiVersion >= 13
    const { partitions } = this.#context.broker
    const name = byId ? partitions.topicNameOf(data.topicId) : data.name
    const refusal = this.#refusalOf(name)
    const { partitionData } = data
    const partitionResponses = new Array<PartitionAnswer>(partitionData.length)
    for (let i = 0; i < partitionData.length; i++) {
      const answer: PartitionAnswer = {
        index: partitionData[i]!.index,
        errorCode: codes.NONE,
        baseOffset: -1,
        logAppendTimeMs: -1,
        logStartOffset: -1,
        recordErrors: noRecordErrors,
        errorMessage: null,
      }
      if (refusal !== null) this.#refuse(answer, refusal, null)
      else this.#partition(name!, partitionData[i]!, answer)
      partitionResponses[i] = answer
    }
    return { name: data.name, topicId: data.topicId, partitionResponses }
  }

  /** Why nothing can be written to a topic; null where it can. */
  #refusalOf(name: string | undefined): KafkaError | null {
    const { broker } = this.#context
    if (!this.#mayWriteTransactions) {
      return new KafkaError(
        codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        'transactional records need a transactional id that this client may write with',
      )
    }
    if (name === undefined) {
      return new KafkaError(codes.UNKNOWN_TOPIC_ID, 'no topic has this id; refresh the metadata')
    }
    if (!broker.authorize(this.#context, 'write', 'topic', name)) {
      return new KafkaError(codes.TOPIC_AUTHORIZATION_FAILED, `not allowed to write to ${name}`)
    }
    return null
  }

  #partition(topic: string, { index, records }: PartitionData, answer: PartitionAnswer): void {
    const { acks } = this.#request
    let reached: Partition | null = null
    try {
      const partition = partitionFor(this.#context, topic, index)
      checkForVersion(records, this.#context.apiVersion)
      if (acks !== -1 && acks !== 0 && acks !== 1) {
        throw new KafkaError(codes.INVALID_REQUIRED_ACKS, `acks is ${acks}; it can be -1 (all), 0 or 1`)
      }
      if (partition.internal && this.#context.clientId !== adminClientId) {
        throw new KafkaError(codes.INVALID_TOPIC_EXCEPTION, `${topic} is written by the broker only`)
      }
      reached = partition
      const verification = isTransactionalSet(records) ? this.#verificationOf(partition, records) : undefined
      const append: PartitionAppend = { origin: 'client', requiredAcks: acks, verification }
      const verified = verification ? this.#verified(partition, records) : null
      const later = this.#context.broker.partitions.recompression.appendLater(partition, records, append, verified)
      if (later !== null) {
        const released = verification ? later.finally(() => partition.verifications.release(verification)) : later
        this.#awaitAppend(partition, released, records.length, answer)
        return
      }
      const { length } = records
      const result = partition.append(records, append)
      count(partition, length, result)
      fill(answer, result)
      this.#await(partition, result.lastOffset, answer)
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      this.#refuse(answer, error, reached)
    }
  }

  #await(partition: Partition, lastOffset: number, answer: PartitionAnswer): void {
    const wait = this.#expect(answer)
    this.#awaitBy(wait, partition, lastOffset, answer)
  }

  /** With acks=0 nobody is told, but the request's bytes are used until they are written. */
  #awaitBy(wait: ProduceWait, partition: Partition, lastOffset: number, answer: PartitionAnswer): void {
    if (this.#request.acks === -1) partition.awaitCommitted(lastOffset, wait, answer)
    else partition.awaitWritten(lastOffset, wait, answer)
  }

  #expect(answer: PartitionAnswer): ProduceWait {
    this.#wait ??= new ProduceWait(this.#context.broker.partitions, Math.max(0, this.#request.timeoutMs))
    this.#wait.expect(answer)
    return this.#wait
  }

  /** Records that are appended when they have been packed in the topic's codec. */
  #awaitAppend(partition: Partition, appended: Promise<AppendResult>, bytes: number, answer: PartitionAnswer): void {
    const wait = this.#expect(answer)
    appended
      .then(result => {
        count(partition, bytes, result)
        fill(answer, result)
        this.#awaitBy(wait, partition, result.lastOffset, answer)
      })
      .catch(error => {
        if (!(error instanceof KafkaError)) throw error
        this.#refuse(answer, error, partition)
        wait.settled(answer, error.code)
      })
      .catch(error => this.#later?.reject(error))
  }

  /** What stands for asking the transaction's coordinator; undefined where the transaction is known to be open, or nobody wants to ask. */
  #verificationOf(partition: Partition, records: Buffer): Verification | undefined {
    const { apiVersion, broker } = this.#context
    // Newer clients leave it to this to add the partition, whether it is asked about or not.
    const asks = apiVersion >= addsPartitionsSince || broker.config.get('transaction.partition.verification.enable')
    if (!asks) return undefined
    const [id, epoch] = [producerId(records, 0), producerEpoch(records, 0)]
    if (partition.hasOpenTransaction(id, epoch)) return undefined
    const sequenceMax = baseSequence(records, 0)
    // Nothing is learned of a number that there is not: the batch will be refused.
    const beginning = sequenceMax < 0 ? undefined : { sequenceMax, isFirstOfEpoch: apiVersion >= addsPartitionsSince }
    return partition.verifications.begin(id, epoch, beginning)
  }

  #verified(partition: Partition, records: Buffer): Promise<void> {
    const { apiVersion } = this.#context
    const claim = {
      transactionalId: this.#request.transactionalId!,
      producerId: producerId(records, 0),
      producerEpoch: producerEpoch(records, 0),
    }
    const support = apiVersion >= addsPartitionsSince ? 'adds' : apiVersion >= abortableSince ? 'abortable' : 'plain'
    return verifyForProduce(this.#context, claim, partition.topic, partition.index, support)
  }

  /** `reached` is the partition that was asked to append. */
  #refuse(answer: PartitionAnswer, error: KafkaError, reached: Partition | null): void {
    this.#refusal ??= error
    answer.errorCode = error.code
    answer.errorMessage = error.message
    answer.baseOffset = -1
    if (error instanceof RecordValidationError && this.#context.apiVersion >= recordErrorsSince) {
      answer.recordErrors = error.recordErrors.slice(0, this.#recordErrorsLeft).map(recordErrorAnswer)
      this.#recordErrorsLeft -= answer.recordErrors.length
    }
    if (error instanceof TransactionRefusal) return
    if (reached?.standing === 'online' && !withoutLogStart.has(error.code)) {
      answer.logStartOffset = reached.logStartOffset
    }
  }
}

function count(partition: Partition, bytes: number, { duplicate, baseOffset, lastOffset }: AppendResult): void {
  if (!duplicate) produced(partition, bytes, lastOffset - baseOffset + 1)
}

function fill(answer: PartitionAnswer, { baseOffset, logAppendTimeMs, logStartOffset }: AppendResult): void {
  answer.baseOffset = baseOffset
  answer.logAppendTimeMs = logAppendTimeMs
  answer.logStartOffset = logStartOffset
}

function recordErrorAnswer({ batchIndex, message }: RecordError): {
  batchIndex: number
  batchIndexErrorMessage: string
} {
  return { batchIndex, batchIndexErrorMessage: message }
}

function hasTransactionalRecords({ topicData }: ProduceRequest): boolean {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) if (isTransactionalSet(records)) return true
  }
  return false
}

function hasStorageError({ responses }: ProduceResponse): boolean {
  return responses.some(({ partitionResponses }) =>
    partitionResponses.some(({ errorCode }) => errorCode === codes.KAFKA_STORAGE_ERROR),
  )
}

/** Clients below version 4 know no storage errors: they look for another leader instead. */
function inWordsOf(version: number, response: ProduceResponse): ProduceResponse {
  if (version >= 4) return response
  for (const { partitionResponses } of response.responses) {
    for (const answer of partitionResponses) {
      if (answer.errorCode === codes.KAFKA_STORAGE_ERROR) answer.errorCode = codes.NOT_LEADER_OR_FOLLOWER
    }
  }
  return response
}

/** The code at each partition; null where no answer is wanted. */
export function refuseProduce(
  { acks, topicData }: ProduceRequest,
  { errorCode, errorMessage }: Refusal,
): ProduceResponse | null {
  if (acks === 0) return null
  const responses = topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) => ({
      index,
      errorCode,
      baseOffset: -1,
      recordErrors: noRecordErrors,
      errorMessage,
    })),
  }))
  return { responses, throttleTimeMs: 0 }
}
