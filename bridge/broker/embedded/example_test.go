package embedded_test

import (
	"context"
	"fmt"
	"log"

	"github.com/rs/zerolog"

	"gcbridge/bridge/broker"
	"gcbridge/bridge/broker/embedded"
)

// A broker on a free port, a link that consumes from it, and one message.
func Example() {
	b, err := embedded.Start(embedded.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()

	link, err := broker.New(broker.Config{URLs: []string{b.URL()}, Log: zerolog.Nop()})
	if err != nil {
		log.Fatal(err)
	}
	queue, err := broker.Queue("greetings")
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	err = link.Subscribe(broker.Subscription{From: queue, Handle: func(d *broker.Delivery) {
		fmt.Printf("%s brought %q of type %s\n", d.From, d.Body, d.Type)
		d.Ack()
		stop() // Run still sends the acknowledgement
	}})
	if err != nil {
		log.Fatal(err)
	}
	if err := link.Publish(broker.Message{To: queue, Type: "O-001", Body: "hello"}, nil); err != nil {
		log.Fatal(err)
	}
	if err := link.Run(ctx); err != nil {
		log.Fatal(err)
	}
	// Output:
	// /queue/greetings brought "hello" of type O-001
}
