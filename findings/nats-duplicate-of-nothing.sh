#!/usr/bin/env bash
# Expected: JetStream drops a message as duplicate if the stream holds one with the same Nats-Msg-Id; a
# deleted or purged message can be sent again. And a work queue whose consumer gave up (MaxDeliver) tells
# so in the consumer's numbers.
# Seen: nats-server 2.15.3 answers duplicate=true with no error though the stream is empty (ids outlive
# their messages for the window, two minutes by default). After MaxDeliver the consumer has 0 pending and
# 0 unacknowledged: it looks finished, but the message is still in the stream.
# Matters: "acknowledged" is not "stored" (look at duplicate), and "no pending" is not "all done": an
# event pipeline of scans or backups is watched by the stream's own count.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > main.go <<'G'
package main

import (
	"fmt"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	broker := must(server.NewServer(&server.Options{JetStream: true, StoreDir: "store", DontListen: true}))
	broker.Start()
	defer broker.Shutdown()
	if !broker.ReadyForConnections(20 * time.Second) {
		panic("not ready")
	}
	js := must(must(nats.Connect("", nats.InProcessServer(broker))).JetStream())

	must(js.AddStream(&nats.StreamConfig{Name: "S", Subjects: []string{"s"}}))
	must(js.Publish("s", []byte("a"), nats.MsgId("1")))
	if err := js.PurgeStream("S"); err != nil {
		panic(err)
	}
	again := must(js.Publish("s", []byte("a"), nats.MsgId("1")))
	fmt.Printf("duplicate %v, %d in the stream\n", again.Duplicate, must(js.StreamInfo("S")).State.Msgs)

	must(js.AddStream(&nats.StreamConfig{Name: "W", Subjects: []string{"w"}, Retention: nats.WorkQueuePolicy}))
	must(js.AddConsumer("W", &nats.ConsumerConfig{Durable: "D", AckPolicy: nats.AckExplicitPolicy,
		MaxDeliver: 2, AckWait: 300 * time.Millisecond}))
	must(js.Publish("w", []byte("job")))
	worker := must(js.PullSubscribe("w", "D", nats.Bind("W", "D")))
	got := 0
	for range 4 {
		messages, _ := worker.Fetch(1, nats.MaxWait(time.Second))
		got += len(messages)
	}
	consumer := must(js.ConsumerInfo("W", "D"))
	fmt.Printf("delivered %d, pending %d, unacknowledged %d, %d in the stream\n", got,
		consumer.NumPending, consumer.NumAckPending, must(js.StreamInfo("W")).State.Msgs)
}
G
export GOFLAGS=-modcacherw
(go mod init finding && go get github.com/nats-io/nats-server/v2@v2.15.3 github.com/nats-io/nats.go@v1.55.0 && go mod tidy) > log 2>&1 || { tail -n 3 log; exit 1; }
echo 'nats-server 2.15.3, nats.go 1.55.0'

echo 'guess: not a duplicate, 1 in the stream; one pending or unacknowledged while it is in the stream'
seen=$(go run .)
printf 'seen:  %s\n' "$seen"
test "$seen" = 'duplicate true, 0 in the stream
delivered 2, pending 0, unacknowledged 0, 1 in the stream'
