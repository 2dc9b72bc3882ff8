// A Pub/Sub server in memory, of the real protocol, for tests and drills: pstest PORT, or pstest HOST:PORT where others
// than this machine may ask. Ends on SIGTERM.
//
// It takes messages as large as Pub/Sub does (10 MB); by itself pstest takes 4 MiB, so another server serves what it is.
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
)

const largestRequest = 16 << 20

func main() {
	address := os.Args[len(os.Args)-1]
	if _, err := strconv.Atoi(address); err == nil {
		address = "localhost:" + address
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pstest: name a port, such as 8085:", err)
		os.Exit(1)
	}
	fake := pstest.NewServer()
	server := grpc.NewServer(grpc.MaxRecvMsgSize(largestRequest))
	pb.RegisterPublisherServer(server, &fake.GServer)
	pb.RegisterSubscriberServer(server, &fake.GServer)
	pb.RegisterSchemaServiceServer(server, &fake.GServer)
	go server.Serve(listener)
	fmt.Println(listener.Addr())
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	server.Stop()
	fake.Close()
}
