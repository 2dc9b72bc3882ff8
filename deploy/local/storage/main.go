// A Cloud Storage server in memory (fake-gcs-server), for tests: storage PORT BUCKET... It listens on the loopback alone
// and ends on SIGTERM.
//
// Google's client for Python gives the parts of a batch no Content-ID, which the service does not ask for and
// fake-gcs-server does: they are numbered on their way.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"mime/multipart"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

const batches = "/batch/storage/v1"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "storage: name a port, such as 4443, then buckets")
		os.Exit(2)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "storage: name a port, such as 4443:", err)
		os.Exit(1)
	}
	address := listener.Addr().String()
	fake, err := fakestorage.NewServerWithOptions(fakestorage.Options{
		NoListener: true, PublicHost: address, ExternalURL: "http://" + address,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "storage:", err)
		os.Exit(1)
	}
	for _, bucket := range os.Args[2:] {
		fake.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: bucket})
	}
	go http.Serve(listener, numbered(fake.HTTPHandler()))
	fmt.Println(address)
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	fake.Stop()
}

func numbered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, asked *http.Request) {
		if asked.URL.Path == batches {
			if err := numberParts(asked); err != nil {
				http.Error(answer, err.Error(), http.StatusBadRequest)
				return
			}
		}
		next.ServeHTTP(answer, asked)
	})
}

func numberParts(asked *http.Request) error {
	parts, err := asked.MultipartReader()
	if err != nil {
		return err
	}
	var body bytes.Buffer
	written := multipart.NewWriter(&body)
	for number := 1; ; number++ {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if part.Header.Get("Content-ID") == "" {
			part.Header.Set("Content-ID", fmt.Sprintf("<%d>", number))
		}
		to, err := written.CreatePart(part.Header)
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, part); err != nil {
			return err
		}
	}
	written.Close()
	asked.MultipartForm = nil
	asked.Body = io.NopCloser(&body)
	asked.ContentLength = int64(body.Len())
	asked.Header.Set("Content-Type", "multipart/mixed; boundary="+written.Boundary())
	return nil
}
