// franz-go as a member of a group: see ../../../groups/member.ts for its arguments and what it prints.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	bootstrap, group, protocol, subscription, instance := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	out := bufio.NewWriter(os.Stdout)
	var mutex sync.Mutex
	tell := func(what string) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
			mutex.Lock()
			defer mutex.Unlock()
			for topic, numbers := range partitions {
				for _, number := range numbers {
					fmt.Fprintln(out, time.Now().UnixMicro(), what, topic, number)
				}
			}
			out.Flush()
		}
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(bootstrap),
		kgo.ConsumerGroup(group),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(),
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.MetadataMaxAge(time.Second),
		kgo.OnPartitionsAssigned(tell("+")),
		kgo.OnPartitionsRevoked(tell("-")),
		kgo.OnPartitionsLost(tell("-")),
	}
	if protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer())
	} else {
		options = append(options, kgo.SessionTimeout(30*time.Second), kgo.HeartbeatInterval(500*time.Millisecond))
	}
	if instance != "" {
		options = append(options, kgo.InstanceID(instance))
	}
	if pattern, isPattern := strings.CutPrefix(subscription, "^"); isPattern {
		options = append(options, kgo.ConsumeRegex(), kgo.ConsumeTopics(pattern))
	} else {
		options = append(options, kgo.ConsumeTopics(subscription))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	for ctx.Err() == nil {
		waiting, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		fetches := client.PollFetches(waiting)
		cancel()
		fetches.EachError(func(_ string, _ int32, err error) {
			if waiting.Err() == nil {
				fmt.Fprintln(os.Stderr, err)
			}
		})
		mutex.Lock()
		fetches.EachRecord(func(record *kgo.Record) {
			fmt.Fprintln(out, time.Now().UnixMicro(), "r", record.Topic, record.Partition, string(record.Value))
		})
		out.Flush()
		mutex.Unlock()
		if fetches.NumRecords() > 0 {
			if err := client.CommitUncommittedOffsets(context.Background()); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		client.AllowRebalance()
	}
	client.AllowRebalance()
	client.Close()
}
