/** What Apache Kafka logs once it serves. Programs that start its containers wait for one of these lines on standard output. */

/** The lines, whatever the log level is. */
export function kafkaLines(nodeId: number): string {
  return `[BrokerLifecycle id=${nodeId}] Transitioning from RECOVERY to RUNNING
[KafkaRaftServer nodeId=${nodeId}] Kafka Server started
[KafkaServer id=${nodeId}] started
[Controller id=${nodeId}] Checking need to trigger auto leader balancing
`
}
