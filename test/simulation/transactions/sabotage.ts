/** Faults put into a broker on purpose, each of which breaks a promise of transactions. */
import type { WriteMarkers } from '../../../lib/coordination/markers.ts'
import type { Context } from '../../../lib/handlers/context.ts'
import type { HandlerTable } from '../../../lib/server/server.ts'
import { EndTxn, type EndTxnRequest } from '../../../protocol/messages/end-txn.ts'
import { Fetch, type FetchRequest } from '../../../protocol/messages/fetch.ts'
import { Produce, type ProduceRequest } from '../../../protocol/messages/produce.ts'
import { buildBatch, readRecords } from '../../../protocol/records/batch.ts'
import { baseSequence, isTransactional, producerEpoch, producerId } from '../../../protocol/records/header.ts'
import { handling, promised } from '../broker/sabotage.ts'

/** A fault at the handlers, or on the way of markers. */
export interface TransactionSabotage {
  readonly handlers?: (handlers: HandlerTable<Context>) => HandlerTable<Context>
  readonly markers?: (write: WriteMarkers) => WriteMarkers
}

export const transactionSabotages: Readonly<Record<string, TransactionSabotage>> = {
  'forget abort markers': {
    markers: write => async (end, partitions) => {
      const [topic] = partitions.keys()
      const isForgotten = !end.committed && topic !== undefined
      if (!isForgotten) return write(end, partitions)
      const [first, ...others] = partitions.get(topic)!
      const left = new Map([...partitions, [topic, new Set(others)]])
      return [...(await write(end, left)), { topic, index: first!, errorCode: 0 }]
    },
  },

  'show what is not stable': {
    handlers: handling(Fetch.key, (request, context, row) =>
      row.handle({ ...(request as FetchRequest), isolationLevel: 0 }, context),
    ),
  },

  'ignore epochs': {
    handlers: handlers => {
      const ending = handling(EndTxn.key, async (request, context, row) => {
        const { transactionalId } = request as EndTxnRequest
        const known = await context.broker.transactions.describe(transactionalId)
        const current = typeof known === 'object' && known !== null ? known : {}
        return promised(row.handle({ ...request, ...current }, context))
      })
      return handling(Produce.key, (request, context, row) =>
        row.handle(rewritten(request as ProduceRequest, context, 'epoch'), context),
      )(ending(handlers))
    },
  },

  'take what was sent twice': {
    handlers: handling(Produce.key, (request, context, row) =>
      row.handle(rewritten(request as ProduceRequest, context, 'sequence'), context),
    ),
  },
}

/** The same request, as if each batch were of the producer's newest epoch, or had not been sent before. */
function rewritten(request: ProduceRequest, { broker }: Context, what: 'epoch' | 'sequence'): ProduceRequest {
  const topicData = request.topicData.map(topic => ({
    ...topic,
    partitionData: topic.partitionData.map(each => {
      const { records } = each
      const log = broker.partitions.get(topic.name, each.index)?.log
      if (!records || !log || !isTransactional(records, 0)) return each
      const state = log.producers.states.get(producerId(records, 0))
      const last = state?.batches[state.batches.length - 1]
      if (!state || !last) return each
      const isOld =
        what === 'epoch' ? producerEpoch(records, 0) < state.epoch : baseSequence(records, 0) <= last.lastSequence
      const isRewritten = isOld && (what === 'epoch' || producerEpoch(records, 0) === state.epoch)
      return isRewritten ? { ...each, records: batchAfter(records, state.epoch, last.lastSequence) } : each
    }),
  }))
  return { ...request, topicData }
}

function batchAfter(records: Buffer, epoch: number, sequence: number): Buffer {
  return buildBatch({
    ...{ producerId: producerId(records, 0), producerEpoch: epoch, baseSequence: sequence + 1, isTransactional: true },
    records: readRecords(records, 0).map(each => ({ ...each, offset: undefined })),
  })
}
