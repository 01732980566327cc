// Says how far groups are behind, as franz-go's kadm counts it: a line of JSON, {group: {topic: {partition: lag}}}, of what they have committed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	client, err := kgo.NewClient(kgo.SeedBrokers(os.Args[1]))
	if err != nil {
		fail(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	lags, err := kadm.NewClient(client).Lag(ctx, os.Args[2:]...)
	if err != nil {
		fail(err)
	}
	told := map[string]map[string]map[string]int64{}
	lags.Each(func(group kadm.DescribedGroupLag) {
		if err := group.Error(); err != nil {
			fail(err)
		}
		topics := map[string]map[string]int64{}
		for _, lag := range group.Lag.Sorted() {
			if lag.Commit.At < 0 {
				continue
			}
			if topics[lag.Topic] == nil {
				topics[lag.Topic] = map[string]int64{}
			}
			topics[lag.Topic][strconv.Itoa(int(lag.Partition))] = lag.Lag
		}
		told[group.Group] = topics
	})
	line, err := json.Marshal(told)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
