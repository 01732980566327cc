/** What stands at the head of every page: the cluster, and who looks at it. */
import type { HttpRequest } from '../http/routes.ts'
import type { ClusterAnswer } from './answers.ts'
import type { Visit } from './visits.ts'

export async function clusterAnswer({ admin, place, user }: Visit, { mayWrite }: HttpRequest): Promise<ClusterAnswer> {
  const { clusterId, controllerId, brokers } = await admin.metadata()
  return {
    ...{ clusterId: clusterId ?? '', controllerId, brokers: brokers.length, user, mayWrite },
    ...{ version: place.version, nodeId: place.nodeId, bootstrap: place.bootstrap },
    ...{ canLogIn: place.canLogIn, isForTests: place.isForTests },
  }
}
