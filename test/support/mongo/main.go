// A server that speaks MongoDB's protocol, for tests on a machine without MongoDB: FerretDB with its
// data in SQLite files. Usage: mongo-server <folder>. Prints its URL, and ends with its standard input.
//
// FerretDB 1 reads a document, changes it and writes it back without a lock, while MongoDB updates a
// document atomically. So one command at a time is let through.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/url"
	"os"
	"sync"

	"github.com/FerretDB/FerretDB/ferretdb"
)

var oneAtATime sync.Mutex

func main() {
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Handler:   "sqlite",
		SQLiteURL: "file:" + os.Args[1] + "/",
		Logger:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	check(err)
	go server.Run(context.Background())
	inner, err := url.Parse(server.MongoDBURI())
	check(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Printf("mongodb://%s/\n", listener.Addr())
	go accept(listener, inner.Host)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func accept(listener net.Listener, inner string) {
	for {
		client, err := listener.Accept()
		check(err)
		server, err := net.Dial("tcp", inner)
		check(err)
		go serve(client, server)
	}
}

// A connection carries one command after the other, each with one answer.
func serve(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	for {
		command, err := message(client)
		if err != nil {
			return
		}
		answer, err := exchange(server, command)
		if err != nil {
			return
		}
		if _, err = client.Write(answer); err != nil {
			return
		}
	}
}

func exchange(server net.Conn, command []byte) ([]byte, error) {
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	if _, err := server.Write(command); err != nil {
		return nil, err
	}
	return message(server)
}

// A message begins with its length.
func message(from io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	whole := make([]byte, binary.LittleEndian.Uint32(head))
	copy(whole, head)
	_, err := io.ReadFull(from, whole[4:])
	return whole, err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
