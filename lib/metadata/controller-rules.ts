/** What elections depend on beside the image: settings of topics, which follow those of the brokers. */
import type { BrokerConfig } from '../config/config.ts'
import { topicReader } from '../config/topic-config.ts'
import type { ControllerRules } from '../controller/reconcile.ts'

export function controllerRules(config: BrokerConfig): ControllerRules {
  return {
    minInsyncReplicas: ({ configs }) => topicReader(configs, config)('min.insync.replicas'),
    isUncleanElectionEnabled: ({ configs }) => topicReader(configs, config)('unclean.leader.election.enable'),
  }
}
