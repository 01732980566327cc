// What sarama's ClusterAdmin is answered: `admin BOOTSTRAP PREFIX`. Prints a line for each question, without ids, addresses and times.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/IBM/sarama"
)

func say(what string, parts ...any) {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprint(part)
	}
	fmt.Printf("%s: %s\n", what, strings.Join(texts, " "))
}

// told gives the code of an error.
func told(err error) string {
	var known sarama.KError
	var ofTopic *sarama.TopicError
	var ofPartition *sarama.TopicPartitionError
	switch {
	case err == nil || errors.Is(err, sarama.ErrNoError):
		return "ok"
	case errors.As(err, &ofTopic):
		return fmt.Sprint(int16(ofTopic.Err))
	case errors.As(err, &ofPartition):
		return fmt.Sprint(int16(ofPartition.Err))
	case errors.As(err, &known):
		return fmt.Sprint(int16(known))
	}
	return err.Error()
}

func main() {
	bootstrap, prefix := os.Args[1], os.Args[2]
	topic, other, group := prefix+"-a", prefix+"-b", prefix+"-group"
	config := sarama.NewConfig()
	config.Version = sarama.V4_1_0_0
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	client, err := sarama.NewClient([]string{bootstrap}, config)
	if err != nil {
		panic(err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		panic(err)
	}
	defer admin.Close()

	days := "86400000"
	detail := &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &days}}
	say("create a topic", told(admin.CreateTopic(topic, detail, false)))
	say("create it again", told(admin.CreateTopic(topic, detail, false)))
	say("create with a bad name", told(admin.CreateTopic("white space", detail, false)))
	say("validate", told(admin.CreateTopic(other, detail, true)))
	say("create by assignment", told(admin.CreateTopic(other, &sarama.TopicDetail{NumPartitions: -1, ReplicationFactor: -1, ReplicaAssignment: map[int32][]int32{0: {1}}}, false)))
	say("add partitions", told(admin.CreatePartitions(topic, 3, nil, false)))
	say("add none", told(admin.CreatePartitions(topic, 3, nil, false)))
	var topics map[string]sarama.TopicDetail
	until(func() bool {
		topics, err = admin.ListTopics()
		return topics[topic].NumPartitions == 3 && topics[other].NumPartitions == 1
	})
	say("list", told(err), topics[topic].NumPartitions, topics[topic].ReplicationFactor, *topics[topic].ConfigEntries["retention.ms"])
	metadata, err := admin.DescribeTopics([]string{topic, prefix + "-none"})
	say("describe topics", told(err), len(metadata[0].Partitions), metadata[0].IsInternal, int16(metadata[1].Err))

	producer, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		panic(err)
	}
	for i := 0; i < 6; i++ {
		message := &sarama.ProducerMessage{Topic: topic, Partition: int32(i % 3), Value: sarama.StringEncoder("x")}
		if _, _, err := producer.SendMessage(message); err != nil {
			panic(err)
		}
	}
	say("delete records", told(admin.DeleteRecords(topic, map[int32]int64{0: 1})))
	first, err := client.GetOffset(topic, 0, sarama.OffsetOldest)
	say("first offset", told(err), first)
	say("delete records beyond the end", told(admin.DeleteRecords(topic, map[int32]int64{0: 99})) != "ok")

	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})
	say("configs", told(err), len(entries), configOf(entries, "retention.ms"), configOf(entries, "cleanup.policy"))
	set := func(name string, operation sarama.IncrementalAlterConfigsOperation, value string) error {
		change := map[string]sarama.IncrementalAlterConfigsEntry{name: {Operation: operation, Value: &value}}
		return admin.IncrementalAlterConfig(sarama.TopicResource, topic, change, false)
	}
	say("set", told(set("segment.ms", sarama.IncrementalAlterConfigsOperationSet, days)))
	say("append", told(set("cleanup.policy", sarama.IncrementalAlterConfigsOperationAppend, "compact")))
	say("set to nonsense", told(set("segment.ms", sarama.IncrementalAlterConfigsOperationSet, "soon")))
	until(func() bool {
		entries, err = admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})
		return configOf(entries, "cleanup.policy") == "delete,compact/Topic"
	})
	say("configs after", told(err), configOf(entries, "segment.ms"), configOf(entries, "cleanup.policy"))
	say("replace all", told(admin.AlterConfig(sarama.TopicResource, topic, map[string]*string{"retention.ms": &days}, false)))
	until(func() bool {
		entries, err = admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic})
		return configOf(entries, "segment.ms") == "604800000/Default"
	})
	say("configs replaced", told(err), configOf(entries, "segment.ms"), configOf(entries, "retention.ms"))
	entries, err = admin.DescribeConfig(sarama.ConfigResource{Type: sarama.BrokerResource, Name: "1", ConfigNames: []string{"num.io.threads"}})
	say("configs of a broker", told(err), len(entries), entries[0].Value, entries[0].ReadOnly)

	manager, err := sarama.NewOffsetManagerFromClient(group, client)
	if err != nil {
		panic(err)
	}
	managed, err := manager.ManagePartition(topic, 1)
	if err != nil {
		panic(err)
	}
	managed.MarkOffset(2, "so far")
	manager.Commit()
	managed.Close()
	manager.Close()
	fetched, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {1, 2}})
	say("committed offsets", told(err), fetched.GetBlock(topic, 1).Offset, fetched.GetBlock(topic, 1).Metadata, fetched.GetBlock(topic, 2).Offset)
	groups, err := admin.ListConsumerGroups()
	kind, isListed := groups[group]
	say("list groups", told(err), isListed, kind)
	described, err := admin.DescribeConsumerGroups([]string{group})
	say("describe a group", told(err), described[0].State, len(described[0].Members), told(described[0].Err))
	say("delete an offset", told(admin.DeleteConsumerGroupOffset(group, topic, 1)))
	say("delete a group", told(admin.DeleteConsumerGroup(group)))
	say("delete it again", told(admin.DeleteConsumerGroup(group)))

	brokers, controller, err := admin.DescribeCluster()
	say("cluster", told(err), len(brokers), controller == brokers[0].ID())
	dirs, err := admin.DescribeLogDirs([]int32{controller})
	say("log directories", told(err), len(dirs[controller]), told(dirs[controller][0].ErrorCode))
	moving, err := admin.ListPartitionReassignments(topic, []int32{0})
	say("reassignments", told(err), len(moving))
	say("reassign to where it is", told(admin.AlterPartitionReassignments(topic, [][]int32{{1}, {1}, {1}})))
	elected, err := admin.ElectLeaders(sarama.PreferredElection, map[string][]int32{topic: {0}})
	say("elect leaders", told(err), told(elected[topic][0].ErrorCode))

	quota := sarama.ClientQuotasOp{Key: "producer_byte_rate", Value: 1000000}
	entity := []sarama.QuotaEntityComponent{{EntityType: sarama.QuotaEntityClientID, MatchType: sarama.QuotaMatchExact, Name: prefix}}
	say("set a quota", told(admin.AlterClientQuotas(entity, quota, false)))
	var quotas []sarama.DescribeClientQuotasEntry
	until(func() bool {
		filter := []sarama.QuotaFilterComponent{{EntityType: sarama.QuotaEntityClientID, MatchType: sarama.QuotaMatchExact, Match: prefix}}
		quotas, err = admin.DescribeClientQuotas(filter, false)
		return len(quotas) > 0
	})
	say("quotas", told(err), len(quotas), quotas[0].Values)
	quota.Remove = true
	say("remove the quota", told(admin.AlterClientQuotas(entity, quota, false)))
	upsert := sarama.AlterUserScramCredentialsUpsert{Name: prefix, Mechanism: sarama.SCRAM_MECHANISM_SHA_512, Iterations: 4096, Salt: []byte("salt"), Password: []byte("secret")}
	users, err := admin.UpsertUserScramCredentials([]sarama.AlterUserScramCredentialsUpsert{upsert})
	say("set a password", told(err), told(users[0].ErrorCode))
	var scrams []*sarama.DescribeUserScramCredentialsResult
	until(func() bool {
		scrams, err = admin.DescribeUserScramCredentials([]string{prefix})
		return len(scrams) > 0 && len(scrams[0].CredentialInfos) > 0
	})
	say("passwords", told(err), len(scrams[0].CredentialInfos), scrams[0].CredentialInfos[0].Iterations)
	users, err = admin.DeleteUserScramCredentials([]sarama.AlterUserScramCredentialsDelete{{Name: prefix, Mechanism: sarama.SCRAM_MECHANISM_SHA_512}})
	say("remove the password", told(err), told(users[0].ErrorCode))
	resource := sarama.Resource{ResourceType: sarama.AclResourceTopic, ResourceName: topic, ResourcePatternType: sarama.AclPatternLiteral}
	acl := sarama.Acl{Principal: "User:x", Host: "*", Operation: sarama.AclOperationRead, PermissionType: sarama.AclPermissionAllow}
	say("create an ACL", told(admin.CreateACL(resource, acl)))
	acls, err := admin.ListAcls(sarama.AclFilter{ResourceType: sarama.AclResourceTopic, ResourcePatternTypeFilter: sarama.AclPatternAny, Operation: sarama.AclOperationAny, PermissionType: sarama.AclPermissionAny})
	say("ACLs", told(err), len(acls))

	say("delete a topic", told(admin.DeleteTopic(topic)))
	say("delete another", told(admin.DeleteTopic(other)))
	say("delete none", told(admin.DeleteTopic(prefix+"-none")))
}

// until asks again for what a broker may come to know a little later.
func until(done func() bool) {
	for i := 0; i < 300 && !done(); i++ {
		time.Sleep(100 * time.Millisecond)
	}
}

func configOf(entries []sarama.ConfigEntry, name string) string {
	for _, entry := range entries {
		if entry.Name == name {
			return fmt.Sprintf("%s/%s", entry.Value, entry.Source)
		}
	}
	return "-"
}
