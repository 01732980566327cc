/** The words of `/testing/` about faults. */
import { countField, matchFields, matchIn, numberIn } from './body.ts'
import { actionNames } from './faults/check.ts'
import type { Fault, FaultAction, FaultMatch } from './faults/options.ts'
import { FaultVerifyError } from './faults/verify-error.ts'
import type { Kit } from './kit.ts'
import { type Word, type WordCall, WordError } from './words.ts'

const error = { oneOf: [{ type: 'string' }, { type: 'integer' }] }
const ending = { enum: ['close', 'stall'] }

export const faultWords: readonly Word[] = [
  {
    method: 'POST',
    path: 'faults',
    summary:
      'Has requests fail, wait, get lost, happen twice or be damaged, until it is deleted; the first fault that fits counts',
    body: {
      ...matchFields,
      ...{ n: countField, times: countField, probability: { type: 'number', minimum: 0, maximum: 1 } },
      ...{
        error,
        errors: { type: 'array', items: { oneOf: [...error.oneOf, { type: 'null' }] } },
        force: { type: 'boolean' },
      },
      ...{ delay: { type: 'number', minimum: 0 }, when: { enum: ['before', 'after'] } },
      ...{
        lose: { enum: ['request', 'answer'] },
        truncate: { type: 'integer', minimum: 0 },
        duplicate: { const: true },
      },
      corrupt: { oneOf: [{ type: 'integer' }, { const: true }] },
      // biome-ignore lint/suspicious/noThenProperty: the kit's word for what comes next
      then: ending,
    },
    run: (kit, { body }) => stateOf(faultsOf(kit).add(faultMatchIn(body), actionIn(body))),
  },
  {
    method: 'GET',
    path: 'faults',
    summary: 'The faults in force, in their order',
    run: kit => ({ faults: faultsOf(kit).list().map(stateOf) }),
  },
  { method: 'DELETE', path: 'faults', summary: 'Takes all faults out of force', run: kit => faultsOf(kit).clear() },
  {
    method: 'GET',
    path: 'faults/:id',
    summary: 'One fault, with how many requests it has met',
    run: (kit, call) => stateOf(faultIn(kit, call)),
  },
  {
    method: 'DELETE',
    path: 'faults/:id',
    summary: 'Takes a fault out of force',
    run: (kit, call) => faultIn(kit, call).remove(),
  },
  {
    method: 'POST',
    path: 'verify',
    summary: 'Whether each fault in force has met what was meant',
    otherwise: { 409: 'The faults that have met less, with what came near' },
    run: kit => {
      try {
        faultsOf(kit).verify()
      } catch (thrown) {
        if (!(thrown instanceof FaultVerifyError)) throw thrown
        throw new WordError(409, thrown.message, { missed: thrown.missed })
      }
    },
  },
]

function faultsOf(kit: Kit) {
  return kit.instruments.faults
}

/** The fault whose id stands in the path. */
export function faultIn(kit: Kit, { params }: WordCall): Fault {
  const fault = faultsOf(kit).find(Number(params.id))
  if (fault === undefined) throw new WordError(404, `there is no fault ${params.id}`)
  return fault
}

function stateOf({ id, description, hits, unseen }: Fault) {
  return { id, description, hits, unseen }
}

function faultMatchIn(body: WordCall['body']): FaultMatch {
  const limits = Object.fromEntries(
    ['n', 'times', 'probability'].flatMap(name => (body[name] === undefined ? [] : [[name, numberIn(body, name)]])),
  )
  return { ...matchIn(body), ...limits }
}

function actionIn(body: WordCall['body']): FaultAction {
  // The faults say what is wrong with it.
  return Object.fromEntries(
    Object.keys(actionNames).flatMap(name => (body[name] === undefined ? [] : [[name, body[name]]])),
  ) as unknown as FaultAction
}
