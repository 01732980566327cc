// franz-go as a member of a group: `consume BOOTSTRAP TOPIC GROUP [classic]`, of the consumer protocol where nothing is said.
//
// It prints each value on standard output, and on standard error `assigned N` whenever it has N partitions.
package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	ctx := context.Background()
	var mutex sync.Mutex
	owned := map[string]bool{}
	change := func(partitions map[string][]int32, has bool) {
		mutex.Lock()
		defer mutex.Unlock()
		for topic, numbers := range partitions {
			for _, number := range numbers {
				name := fmt.Sprint(topic, number)
				if has {
					owned[name] = true
				} else {
					delete(owned, name)
				}
			}
		}
		fmt.Fprintln(os.Stderr, "assigned", len(owned))
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(os.Args[1]),
		kgo.ConsumeTopics(os.Args[2]),
		kgo.ConsumerGroup(os.Args[3]),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitInterval(200 * time.Millisecond),
		kgo.AutoCommitMarks(),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { change(p, true) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { change(p, false) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, p map[string][]int32) { change(p, false) }),
	}
	if len(os.Args) > 4 {
		options = append(options, kgo.HeartbeatInterval(500*time.Millisecond))
	} else {
		options = append(options, kgo.ServerSideBalancer())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		fetches := client.PollFetches(ctx)
		fetches.EachError(func(_ string, _ int32, err error) { fmt.Fprintln(os.Stderr, err) })
		fetches.EachRecord(func(record *kgo.Record) {
			fmt.Println(string(record.Value))
			client.MarkCommitRecords(record)
		})
	}
}
