// kfake, the Kafka for tests that comes with franz-go, beside the test-kit; each way prints its figures as one line of JSON:
//
//	kfake times REPEATS         starts, stops, new clusters and faults, in this process
//	kfake serve                 a broker with the topic `orders`; prints its address, and takes `fault` and `pass` as lines
//	kfake rounds ADDRESS COUNT  franz-go produces a record and consumes it, again and again, of whichever broker
//	kfake refused ADDRESS COUNT the same with a fault in force: each Produce fails
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	topic = "orders"
	// Of a cluster that is made anew between tests.
	topics = 100
	// Faults that are put in and taken out for one figure.
	faults = 10_000
	// Of each loop, before what counts.
	warmUps = 200
)

type taken struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	CPU    float64 `json:"cpu"`
}

// refusing is a fault that clients do not try again after.
var refusing = kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.MessageTooLarge, Count: -1}

func main() {
	var figures any
	var err error
	switch os.Args[1] {
	case "times":
		figures, err = times(number(2))
	case "serve":
		err = serve()
	case "rounds":
		figures, err = rounds(os.Args[2], number(3))
	case "refused":
		figures, err = refused(os.Args[2], number(3))
	default:
		err = fmt.Errorf("there is no %q", os.Args[1])
	}
	if err == nil && figures != nil {
		err = json.NewEncoder(os.Stdout).Encode(figures)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func number(at int) int {
	count, err := strconv.Atoi(os.Args[at])
	if err != nil {
		panic(err)
	}
	return count
}

func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// timed does something again and again; figures are in units of `unit`.
func timed(count int, unit time.Duration, run func() error) (taken, error) {
	elapsed := make([]float64, 0, count)
	before := cpu()
	for range count {
		begun := time.Now()
		if err := run(); err != nil {
			return taken{}, err
		}
		elapsed = append(elapsed, float64(time.Since(begun))/float64(unit))
	}
	used := float64(cpu()-before) / float64(unit) / float64(count)
	slices.Sort(elapsed)
	return taken{elapsed[0], elapsed[count/2], used}, nil
}

func names(count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprint("topic-", i)
	}
	return all
}

func times(repeats int) (map[string]taken, error) {
	figures := map[string]taken{}
	for range 2 { // The first time warms up.
		var started []*kfake.Cluster
		start, err := timed(repeats, time.Millisecond, func() error {
			cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
			started = append(started, cluster)
			return err
		})
		if err != nil {
			return nil, err
		}
		stop, _ := timed(repeats, time.Millisecond, func() error {
			started[len(started)-1].Close()
			started = started[:len(started)-1]
			return nil
		})
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, names(topics)...))
		if err != nil {
			return nil, err
		}
		anew, err := timed(repeats, time.Millisecond, func() error {
			cluster.Close()
			cluster, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, names(topics)...))
			return err
		})
		if err != nil {
			return nil, err
		}
		fault, _ := timed(faults, time.Microsecond, func() error {
			cluster.Fault(refusing).Remove()
			return nil
		})
		cluster.Close()
		figures["start"], figures["stop"], figures["anew"], figures["fault"] = start, stop, anew, fault
	}
	return figures, nil
}

func serve() error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, topic))
	if err != nil {
		return err
	}
	defer cluster.Close()
	fmt.Println(cluster.ListenAddrs()[0])
	var fault *kfake.FaultHandle
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == "fault" {
			fault = cluster.Fault(refusing)
		} else if fault != nil {
			fault.Remove()
		}
		fmt.Println("ok")
	}
	return nil
}

func client(address string) (*kgo.Client, error) {
	return kgo.NewClient(
		kgo.SeedBrokers(address),
		kgo.DefaultProduceTopic(topic),
		kgo.ConsumeTopics(topic),
		// Producer ids would be drawn anew after each error.
		kgo.DisableIdempotentWrite(),
		kgo.ProducerLinger(0),
	)
}

func rounds(address string, count int) (taken, error) {
	client, err := client(address)
	if err != nil {
		return taken{}, err
	}
	defer client.Close()
	ctx := context.Background()
	round := func() error {
		record := kgo.SliceRecord(make([]byte, 100))
		if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
			return err
		}
		for {
			fetches := client.PollFetches(ctx)
			if err := fetches.Err(); err != nil {
				return err
			}
			for _, read := range fetches.Records() {
				if read.Offset == record.Offset {
					return nil
				}
			}
		}
	}
	if _, err := timed(warmUps, time.Microsecond, round); err != nil {
		return taken{}, err
	}
	return timed(count, time.Microsecond, round)
}

func refused(address string, count int) (taken, error) {
	client, err := client(address)
	if err != nil {
		return taken{}, err
	}
	defer client.Close()
	ask := func() error {
		err := client.ProduceSync(context.Background(), kgo.SliceRecord(make([]byte, 100))).FirstErr()
		if !errors.Is(err, kerr.MessageTooLarge) {
			return fmt.Errorf("a Produce was to be refused, and there was: %v", err)
		}
		return nil
	}
	if _, err := timed(warmUps, time.Microsecond, ask); err != nil {
		return taken{}, err
	}
	return timed(count, time.Microsecond, ask)
}
