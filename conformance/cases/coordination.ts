/** What a coordinator knows without being asked: sessions that have run out, and topics that are gone. */
import { DeleteGroups } from '../../protocol/messages/delete-groups.ts'
import { Heartbeat } from '../../protocol/messages/heartbeat.ts'
import { SyncGroup } from '../../protocol/messages/sync-group.ts'
import type { Session } from '../session.ts'
import type { Case } from './case.ts'
import { coordinator, join } from './groups.ts'

/** The shortest session that brokers allow by default. */
const sessionTimeoutMs = 6000
/** Kafka's timers have ticks of a millisecond, and a request takes its way. */
const graceMs = 5

async function sessionOver(session: Session): Promise<void> {
  for (const api of [DeleteGroups, Heartbeat]) {
    const groupId = session.name(`over-${api.name}`)
    await coordinator(session, groupId)
    const { memberId, generationId } = await join(session, 3, groupId, 'alone', { sessionTimeoutMs })
    const assignments = [{ memberId, assignment: Buffer.from('all') }]
    await session.send(SyncGroup, 3, { groupId, generationId, memberId, assignments }, 'alone')
    await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, 'while its session lasts')
    await session.send(Heartbeat, 3, { groupId, generationId, memberId }, 'while its session lasts')
    const overMs = performance.now() + sessionTimeoutMs + graceMs
    while (performance.now() < overMs) await new Promise(resolve => setTimeout(resolve, overMs - performance.now()))
    const label = 'as soon as its session is over'
    if (api === DeleteGroups) await session.send(DeleteGroups, 2, { groupsNames: [groupId] }, label)
    else await session.send(Heartbeat, 3, { groupId, generationId, memberId }, label)
  }
}

export const coordinationCases: readonly Case[] = [
  { name: 'a session that has run out is seen by the next request', run: sessionOver },
]
