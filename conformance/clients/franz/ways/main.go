// franz-go by ways into a broker, one for each line of the input; ../../ways.ts says how it is asked.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		value, err := tryWay(strings.Split(lines.Text(), "\t"))
		if err != nil {
			value = "refused: " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Println(value)
	}
}

func tryWay(way []string) (string, error) {
	protocol, mechanism, bootstrap, user, password, authority, topic := way[0], way[1], way[2], way[3], way[4], way[5], way[6]
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	options := []kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.AllowAutoTopicCreation(), kgo.RecordDeliveryTimeout(8 * time.Second)}
	if strings.HasSuffix(protocol, "SSL") {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return "", err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		options = append(options, kgo.DialTLSConfig(&tls.Config{RootCAs: pool}))
	}
	if login := loginOf(mechanism, user, password, len(way) > 7); login != nil {
		options = append(options, kgo.SASL(login))
	}
	writer, err := kgo.NewClient(options...)
	if err != nil {
		return "", err
	}
	defer writer.Close()
	if err := writer.Ping(ctx); err != nil {
		return "", err
	}
	if err := writer.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("hello")}).FirstErr(); err != nil {
		return "", err
	}
	reader, err := kgo.NewClient(append(options, kgo.ConsumeTopics(topic), kgo.ConsumerGroup(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err != nil {
		return "", err
	}
	defer reader.Close()
	for {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return "", err
		}
		for _, record := range fetches.Records() {
			return string(record.Value), nil
		}
	}
}

func loginOf(mechanism, user, password string, isToken bool) sasl.Mechanism {
	switch mechanism {
	case "PLAIN":
		return plain.Auth{User: user, Pass: password}.AsMechanism()
	case "SCRAM-SHA-256":
		return scram.Auth{User: user, Pass: password, IsToken: isToken}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return scram.Auth{User: user, Pass: password, IsToken: isToken}.AsSha512Mechanism()
	}
	return nil
}
