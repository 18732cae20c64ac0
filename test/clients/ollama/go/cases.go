package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/google/uuid"
)

// What the cases share; the JavaScript ones have support/service.mjs.

var address = os.Getenv("SERVICE_URL")

const (
	model      = "scenario/all"
	plainModel = "scenario/plain"
	png        = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAMCAIAAADkharWAAAAHklEQVR4nGPUsLnDgA1seeODVZwJqygeMKphpGgAADKRA0RK0Jm6AAAAAElFTkSuQmCC"
)

// An id for a generation that the case has to find again, and the header that gives it.
func newGeneration() (string, http.Header) {
	id := uuid.NewString()
	return id, http.Header{"X-Generation-Id": {id}}
}

func newKey() http.Header {
	return http.Header{"Idempotency-Key": {uuid.NewString()}}
}

// The status of a generation, once it has ended. It is not read as a stream: a reader would keep it running.
func ended(id string) (string, error) {
	for {
		record, err := http.Get(address + "/api/generations/" + id)
		if err != nil {
			return "", err
		}
		var generation struct{ Status string }
		err = json.NewDecoder(record.Body).Decode(&generation)
		record.Body.Close()
		if err != nil || (generation.Status != "queued" && generation.Status != "running") {
			return generation.Status, err
		}
	}
}

// Cancels a generation as somebody else than its reader.
func cancel(id string) error {
	response, err := http.Post(address+"/api/generations/"+id+"/cancel", "", nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func equal(actual, expected any) error {
	if fmt.Sprint(actual) == fmt.Sprint(expected) {
		return nil
	}
	return fmt.Errorf("%v is not %v", actual, expected)
}

type testCase struct {
	behaviour string
	run       func() error
}

// Prints `ok <behaviour>` or `fail <behaviour>: <why>` for each case.
func runAll(cases []testCase) {
	for _, each := range cases {
		if err := each.run(); err != nil {
			fmt.Printf("fail %s: %s\n", each.behaviour, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("ok", each.behaviour)
		}
	}
}
