/** GetTelemetrySubscriptions and PushTelemetry: a client learns what to push, and its pushes are answered. How they are judged is in test/telemetry. */
import t from 'tap'
import { seededRandom } from '../../lib/base/random.ts'
import { getTelemetrySubscriptions } from '../../lib/handlers/get-telemetry-subscriptions.ts'
import { pushTelemetry } from '../../lib/handlers/push-telemetry.ts'
import { ClientTelemetry } from '../../lib/telemetry/client-telemetry.ts'
import { ManualClock } from '../../lib/testing/clock.ts'
import { codes } from '../../protocol/errors.ts'
import { GetTelemetrySubscriptions } from '../../protocol/messages/get-telemetry-subscriptions.ts'
import { PushTelemetry } from '../../protocol/messages/push-telemetry.ts'
import { clusterContext, encodable } from './cluster-context.ts'

t.test('a client learns what to push by its own client id, and pushes it', async t => {
  const { at } = await clusterContext(t)
  const subscriptions = [
    new Map([
      ['metrics', 'a.,b.'],
      ['match', 'client_id=te.*'],
    ]),
  ]
  const telemetry = new ClientTelemetry({
    ...{ subscriptions: () => subscriptions, bytesMax: () => 100, clock: new ManualClock(), random: seededRandom(1) },
  })
  const context = { ...at(0), broker: { ...at(0).broker, telemetry } }
  const clientInstanceId = 'AAAAAAAAAAAAAAAAAAAAAA'
  const told = await getTelemetrySubscriptions({ clientInstanceId }, context)
  encodable(t, GetTelemetrySubscriptions, told)
  t.match(told, {
    errorCode: codes.NONE,
    requestedMetrics: ['a.', 'b.'],
    pushIntervalMs: 300_000,
    deltaTemporality: true,
  })
  t.match(told, { telemetryMaxBytes: 1_048_576, acceptedCompressionTypes: [4, 3, 1, 2] })
  t.not(told.clientInstanceId, clientInstanceId, 'it is given an id')
  const push = {
    ...{ clientInstanceId: told.clientInstanceId, subscriptionId: told.subscriptionId, terminating: false },
    ...{ compressionType: 0, metrics: Buffer.alloc(0) },
  }
  const answer = await pushTelemetry(push, context)
  encodable(t, PushTelemetry, answer)
  t.equal(answer.errorCode, codes.NONE)
  await t.rejects(pushTelemetry(push, context), { code: codes.THROTTLING_QUOTA_EXCEEDED })
})
