// What kadm, franz-go's admin client, is answered: `admin BOOTSTRAP PREFIX`. Prints a line for each question, without ids, addresses and times.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func say(what string, parts ...any) {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprint(part)
	}
	fmt.Printf("%s: %s\n", what, strings.Join(texts, " "))
}

// told gives the name of the code of an error.
func told(err error) string {
	var known *kerr.Error
	if err == nil {
		return "ok"
	}
	if errors.As(err, &known) {
		return known.Message
	}
	return err.Error()
}

func text(value *string) string {
	if value == nil {
		return "null"
	}
	return *value
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 120*time.Second)
	defer cancel()
	bootstrap, prefix := os.Args[1], os.Args[2]
	topic, other, group := prefix+"-a", prefix+"-b", prefix+"-group"
	kafka, err := kgo.NewClient(kgo.SeedBrokers(bootstrap), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		panic(err)
	}
	defer kafka.Close()
	admin := kadm.NewClient(kafka)

	days := "86400000"
	created, err := admin.CreateTopic(ctx, 3, 1, map[string]*string{"retention.ms": &days}, topic)
	say("create a topic", told(err), created.NumPartitions, created.ReplicationFactor, text(created.Configs["retention.ms"].Value))
	_, err = admin.CreateTopic(ctx, 3, 1, nil, topic)
	say("create it again", told(err))
	_, err = admin.CreateTopic(ctx, 1, 5, nil, other)
	say("create with too many replicas", told(err))
	_, err = admin.CreateTopic(ctx, 1, 1, map[string]*string{"no.such.config": &days}, other)
	say("create with an unknown property", told(err))
	validated, err := admin.ValidateCreateTopics(ctx, 1, 1, nil, other)
	say("validate", told(err), told(validated[other].Err))
	_, err = admin.CreateTopic(ctx, 1, 1, nil, other)
	say("create another", told(err))
	var topics kadm.TopicDetails
	until(func() bool {
		topics, err = admin.ListTopics(ctx, topic, other)
		return len(topics[topic].Partitions) == 3 && len(topics[other].Partitions) == 1
	})
	say("list", told(err), len(topics), len(topics[topic].Partitions), topics[topic].IsInternal)
	grown, err := admin.CreatePartitions(ctx, 2, topic)
	say("add partitions", told(err), told(grown[topic].Err))
	shrunk, err := admin.UpdatePartitions(ctx, 2, topic)
	say("take partitions away", told(err), told(shrunk[topic].Err))

	for i := 0; i < 10; i++ {
		record := &kgo.Record{Topic: topic, Partition: int32(i % 5), Value: []byte("x"), Timestamp: time.UnixMilli(1700000000000 + int64(i))}
		if err := kafka.ProduceSync(ctx, record).FirstErr(); err != nil {
			panic(err)
		}
	}
	start, err := admin.ListStartOffsets(ctx, topic)
	say("start offsets", told(err), offsets(start, topic))
	end, err := admin.ListEndOffsets(ctx, topic)
	say("end offsets", told(err), offsets(end, topic))
	after, err := admin.ListOffsetsAfterMilli(ctx, 1700000000005, topic)
	say("offsets by time", told(err), offsets(after, topic))
	latest, err := admin.ListMaxTimestampOffsets(ctx, topic)
	say("offsets of the latest times", told(err), offsets(latest, topic))
	var upto kadm.Offsets = kadm.Offsets{}
	upto.AddOffset(topic, 0, 1, -1)
	deleted, err := admin.DeleteRecords(ctx, upto)
	low, _ := deleted.Lookup(topic, 0)
	say("delete records", told(err), low.LowWatermark, told(low.Err))
	upto.AddOffset(topic, 0, 99, -1)
	deleted, err = admin.DeleteRecords(ctx, upto)
	low, _ = deleted.Lookup(topic, 0)
	say("delete records beyond the end", told(err), told(low.Err))

	commit := kadm.Offsets{}
	commit.AddOffset(topic, 0, 1, -1)
	commit.AddOffset(topic, 1, 2, -1)
	committed, err := admin.CommitOffsets(ctx, group, commit)
	say("commit", told(err), told(committed.Error()))
	fetched, err := admin.FetchOffsets(ctx, group)
	one, _ := fetched.Lookup(topic, 1)
	say("committed offsets", told(err), len(fetched[topic]), one.At)
	lag, err := admin.Lag(ctx, group)
	say("lag", told(err), lag[group].State, lag[group].Lag.Total())
	described, err := admin.DescribeGroups(ctx, group)
	say("describe a group", told(err), described[group].State, described[group].ProtocolType, len(described[group].Members))
	described, err = admin.DescribeGroups(ctx, prefix+"-none")
	say("describe none", told(err), described[prefix+"-none"].State, told(described[prefix+"-none"].Err))
	groups, err := admin.ListGroups(ctx)
	say("list groups", told(err), groups[group].State, groups[group].ProtocolType)
	forgotten, err := admin.DeleteOffsets(ctx, group, kadm.TopicsSet{topic: {0: {}}})
	deletedOffset, _ := forgotten.Lookup(topic, 0)
	say("delete an offset", told(err), told(deletedOffset))
	gone, err := admin.DeleteGroups(ctx, group, prefix+"-none")
	say("delete groups", told(err), told(gone[group].Err), told(gone[prefix+"-none"].Err))

	configs, err := admin.DescribeTopicConfigs(ctx, topic)
	say("configs", told(err), len(configs[0].Configs), config(configs, "retention.ms"), config(configs, "cleanup.policy"))
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{
		{Op: kadm.SetConfig, Name: "segment.ms", Value: &days},
		{Op: kadm.DeleteConfig, Name: "retention.ms"},
		{Op: kadm.AppendConfig, Name: "cleanup.policy", Value: ptr("compact")},
	}, topic)
	say("alter configs", told(err), told(altered[0].Err))
	until(func() bool {
		configs, err = admin.DescribeTopicConfigs(ctx, topic)
		return config(configs, "retention.ms") == "604800000/DEFAULT_CONFIG"
	})
	say("configs after", told(err), config(configs, "retention.ms"), config(configs, "cleanup.policy"), config(configs, "segment.ms"))
	altered, err = admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "segment.ms", Value: ptr("soon")}}, topic)
	say("alter to nonsense", told(err), told(altered[0].Err))
	altered, err = admin.ValidateAlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "segment.ms", Value: ptr("5")}}, topic)
	say("validate a change", told(err), told(altered[0].Err))
	altered, err = admin.AlterTopicConfigsState(ctx, []kadm.AlterConfig{{Name: "segment.ms", Value: ptr("7777777")}}, topic)
	say("replace configs", told(err), told(altered[0].Err))
	until(func() bool {
		configs, err = admin.DescribeTopicConfigs(ctx, topic)
		return config(configs, "cleanup.policy") == "delete/DEFAULT_CONFIG"
	})
	say("configs replaced", told(err), config(configs, "cleanup.policy"), config(configs, "segment.ms"))

	cluster, err := admin.BrokerMetadata(ctx)
	say("brokers", told(err), len(cluster.Brokers), cluster.Controller == cluster.Brokers[0].NodeID, cluster.Cluster != "")
	dirs, err := admin.DescribeAllLogDirs(ctx, kadm.TopicsSet{other: {0: {}}})
	say("log directories", told(err), len(dirs))
	elected, err := admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, kadm.TopicsSet{topic: {0: {}}})
	say("elect leaders", told(err), told(elected[topic][0].Err))
	moving, err := admin.ListPartitionReassignments(ctx, nil)
	say("reassignments", told(err), len(moving))
	features, err := admin.ApiVersions(ctx)
	say("versions", told(err), len(features))
	producers, err := admin.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}})
	active := producers[topic].Partitions[0]
	say("producers", told(err), told(active.Err), len(active.ActiveProducers))
	transactions, err := admin.ListTransactions(ctx, nil, nil)
	// Others may have used the broker before.
	own := 0
	for id := range transactions {
		if strings.HasPrefix(id, prefix) {
			own++
		}
	}
	say("transactions", told(err), own)
	var missing kadm.DescribedTransactions
	until(func() bool {
		missing, err = admin.DescribeTransactions(ctx, prefix+"-txn")
		return err == nil
	})
	say("describe a transaction", told(err), told(missing[prefix+"-txn"].Err))

	rate := kadm.AlterClientQuotaEntry{
		Entity: kadm.ClientQuotaEntity{{Type: "client-id", Name: ptr(prefix)}},
		Ops:    []kadm.AlterClientQuotaOp{{Key: "producer_byte_rate", Value: 1000000}},
	}
	quotas, err := admin.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{rate})
	say("set a quota", told(err), told(quotas[0].Err))
	var kept kadm.DescribedClientQuotas
	until(func() bool {
		kept, err = admin.DescribeClientQuotas(ctx, true, []kadm.DescribeClientQuotaComponent{{Type: "client-id", MatchType: 0, MatchName: ptr(prefix)}})
		return len(kept) > 0
	})
	say("quotas", told(err), len(kept), kept[0].Values)
	rate.Ops[0].Remove = true
	quotas, err = admin.AlterClientQuotas(ctx, []kadm.AlterClientQuotaEntry{rate})
	say("remove the quota", told(err), told(quotas[0].Err))
	users, err := admin.AlterUserSCRAMs(ctx, nil, []kadm.UpsertSCRAM{{User: prefix, Mechanism: kadm.ScramSha256, Iterations: 4096, Password: "secret"}})
	say("set a password", told(err), told(users[prefix].Err))
	var scrams kadm.DescribedUserSCRAMs
	until(func() bool {
		scrams, err = admin.DescribeUserSCRAMs(ctx, prefix)
		return len(scrams[prefix].CredInfos) > 0
	})
	say("passwords", told(err), len(scrams[prefix].CredInfos), scrams[prefix].CredInfos[0].Iterations)
	users, err = admin.AlterUserSCRAMs(ctx, []kadm.DeleteSCRAM{{User: prefix, Mechanism: kadm.ScramSha256}}, nil)
	say("remove the password", told(err), told(users[prefix].Err))
	acls, err := admin.CreateACLs(ctx, kadm.NewACLs().Topics(topic).Allow("User:x").AllowHosts().Operations(kadm.OpRead))
	say("create ACLs", told(err))
	for _, each := range acls {
		say("an ACL", told(each.Err))
	}
	found, err := admin.DescribeACLs(ctx, kadm.NewACLs().Topics(topic).Allow().AllowHosts().Deny().DenyHosts().Operations())
	say("ACLs", told(err))
	for _, each := range found {
		say("matched ACLs", told(each.Err), len(each.Described))
	}
	tokens, err := admin.DescribeDelegationTokens(ctx)
	say("tokens", told(err), len(tokens))

	removed, err := admin.DeleteTopics(ctx, topic, other, prefix+"-none")
	for _, name := range []string{topic, other, prefix + "-none"} {
		say("delete a topic", told(err), told(removed[name].Err))
	}
}

// until asks again for what a broker may come to know a little later.
func until(done func() bool) {
	for i := 0; i < 300 && !done(); i++ {
		time.Sleep(100 * time.Millisecond)
	}
}

func ptr(value string) *string { return &value }

func offsets(listed kadm.ListedOffsets, topic string) string {
	parts := []string{}
	for partition, each := range listed[topic] {
		parts = append(parts, fmt.Sprintf("%d=%d@%d", partition, each.Offset, each.Timestamp))
	}
	sort.Strings(parts)
	return strings.Join(parts, " ")
}

func config(all kadm.ResourceConfigs, name string) string {
	for _, each := range all[0].Configs {
		if each.Key == name {
			return fmt.Sprintf("%s/%s", each.MaybeValue(), each.Source)
		}
	}
	return "-"
}
