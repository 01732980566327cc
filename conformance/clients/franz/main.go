// A transactional producer of franz-go that does what each line of its input says; ../../transactions/puppet.ts says which there are.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

var client *kgo.Client

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if err := carryOut(strings.Split(lines.Text(), " ")); err != nil {
			fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok")
		}
	}
}

func carryOut(words []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	switch words[0] {
	case "init":
		return begin(ctx, words[1], words[2])
	case "begin":
		return client.BeginTransaction()
	case "send":
		return send(ctx, words[1], words[2:])
	case "commit":
		return client.EndTransaction(ctx, kgo.TryCommit)
	case "abort":
		return client.EndTransaction(ctx, kgo.TryAbort)
	}
	return fmt.Errorf("there is no %s", words[0])
}

func begin(ctx context.Context, id, timeoutMs string) error {
	if client != nil {
		client.Close()
	}
	timeout, err := strconv.Atoi(timeoutMs)
	if err != nil {
		return err
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(os.Args[1]),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.RecordDeliveryTimeout(15 * time.Second),
		kgo.RetryTimeout(15 * time.Second),
	}
	if id != "-" {
		options = append(options, kgo.TransactionalID(id), kgo.TransactionTimeout(time.Duration(timeout)*time.Millisecond))
	}
	client, err = kgo.NewClient(options...)
	if err != nil {
		return err
	}
	_, _, err = client.ProducerID(ctx)
	return err
}

func send(ctx context.Context, topic string, records []string) error {
	var all []*kgo.Record
	for _, each := range records {
		at, value, _ := strings.Cut(each, "=")
		index, key, isKeyed := strings.Cut(at, "/")
		partition, err := strconv.Atoi(index)
		if err != nil {
			return err
		}
		record := &kgo.Record{Topic: topic, Partition: int32(partition), Value: []byte(value)}
		if isKeyed {
			record.Key = []byte(key)
		}
		all = append(all, record)
	}
	return client.ProduceSync(ctx, all...).FirstErr()
}
