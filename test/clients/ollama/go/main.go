// Ollama's own Go client against the service.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/ollama/ollama/api"
)

func main() {
	runAll([]testCase{
		{"plain", plain},
		{"streamed", streamed},
		{"error before", errorBefore},
		{"error after", errorAfter},
		{"abort", abort},
		{"cancelled", cancelled},
		{"reconnect", reconnect},
		{"retry", retry},
		{"tools", tools},
		{"structured", structured},
		{"images", images},
		{"thinking", thinking},
	})
}

// Adds headers to each request: the client itself takes none.
type headersOf struct{ headers http.Header }

func (h headersOf) RoundTrip(request *http.Request) (*http.Response, error) {
	for name, values := range h.headers {
		request.Header[name] = values
	}
	return http.DefaultTransport.RoundTrip(request)
}

type answer struct {
	text, thinking, reason string
	calls                  []api.ToolCall
	last                   api.ChatResponse
}

type asked struct {
	api.ChatRequest
	headers http.Header
	ctx     context.Context
	onLine  func()
}

func question(content string) asked {
	return asked{ChatRequest: api.ChatRequest{
		Model:    model,
		Messages: []api.Message{{Role: "user", Content: content}},
	}}
}

func (request asked) whole() asked {
	stream := false
	request.Stream = &stream
	return request
}

func (request asked) with(headers http.Header) asked {
	request.headers = headers
	return request
}

// The answer as far as it came, and what ended it.
func ask(request asked) (answer, error) {
	base, err := url.Parse(address + "/api/ollama")
	if err != nil {
		return answer{}, err
	}
	if request.ctx == nil {
		request.ctx = context.Background()
	}
	client := api.NewClient(base, &http.Client{Transport: headersOf{request.headers}})
	var got answer
	err = client.Chat(request.ctx, &request.ChatRequest, func(line api.ChatResponse) error {
		got.text += line.Message.Content
		got.thinking += line.Message.Thinking
		got.calls = append(got.calls, line.Message.ToolCalls...)
		got.reason = line.DoneReason
		got.last = line
		if request.onLine != nil {
			request.onLine()
		}
		return nil
	})
	return got, err
}

func expectText(request asked, text string) error {
	got, err := ask(request)
	if err != nil {
		return err
	}
	return equal(got.text, text)
}

// The client reports no error where a stream breaks, only that the last line is not the end.
func expectBroken(request asked) error {
	got, err := ask(request)
	return errors.Join(err, equal(got.last.Done, false))
}

func plain() error    { return expectText(question("sky").whole(), "The sky is blue.") }
func streamed() error { return expectText(question("sky"), "The sky is blue.") }

func errorBefore() error {
	for _, request := range []asked{question("unavailable").whole(), question("unavailable")} {
		_, err := ask(request)
		var status api.StatusError
		if !errors.As(err, &status) {
			return fmt.Errorf("%v is no StatusError", err)
		}
		if err := equal(status.StatusCode, 503); err != nil {
			return err
		}
	}
	return nil
}

func errorAfter() error {
	got, err := ask(question("late"))
	return equal([]any{got.text, err}, []any{"I was about to", "The model is not available"})
}

func abort() error {
	id, headers := newGeneration()
	request := question("forever").with(headers)
	ctx, stop := context.WithCancel(context.Background())
	request.ctx, request.onLine = ctx, stop
	if err := expectBroken(request); err != nil {
		return err
	}
	status, err := ended(id)
	return errors.Join(err, equal(status, "cancelled"))
}

func cancelled() error {
	id, headers := newGeneration()
	request := question("forever").with(headers)
	var failed error
	lines := 0
	request.onLine = func() {
		if lines++; lines == 1 {
			failed = cancel(id)
		}
	}
	got, err := ask(request)
	return errors.Join(failed, err, equal(got.reason, "cancelled"))
}

func reconnect() error {
	request := question("paced").with(newKey())
	broken := request
	ctx, stop := context.WithCancel(context.Background())
	broken.ctx, broken.onLine = ctx, stop
	if err := expectBroken(broken); err != nil {
		return err
	}
	return expectText(request, "One two three four five")
}

func retry() error {
	request := question("sky").whole().with(newKey())
	first, err := ask(request)
	if err != nil {
		return err
	}
	again, err := ask(request)
	return errors.Join(err, equal(again.last.CreatedAt, first.last.CreatedAt))
}

func tools() error {
	request := question("weather")
	request.Tools = api.Tools{{Type: "function", Function: api.ToolFunction{Name: "get_weather"}}}
	got, err := ask(request)
	if err != nil {
		return err
	}
	if len(got.calls) != 1 {
		return fmt.Errorf("there are %d calls", len(got.calls))
	}
	call := got.calls[0]
	if err := equal(call.Function.Arguments.String(), `{"city":"Paris"}`); err != nil {
		return err
	}
	request.Messages = append(request.Messages,
		api.Message{Role: "assistant", ToolCalls: got.calls},
		api.Message{Role: "tool", ToolCallID: call.ID, ToolName: "get_weather", Content: "It is clear"})
	return expectText(request, "The sky is clear.")
}

func structured() error {
	request := question("json")
	request.Format = json.RawMessage(`{"type":"object","properties":{"city":{"type":"string"}}}`)
	got, err := ask(request)
	if err != nil {
		return err
	}
	var place struct {
		City    string
		Degrees int
	}
	err = json.Unmarshal([]byte(got.text), &place)
	return errors.Join(err, equal(place, "{Paris 21}"))
}

func images() error {
	picture, err := base64.StdEncoding.DecodeString(png)
	if err != nil {
		return err
	}
	request := question("picture")
	request.Messages[0].Images = []api.ImageData{picture}
	if err := expectText(request, "A small picture."); err != nil {
		return err
	}
	request.Model = plainModel
	_, err = ask(request)
	var status api.StatusError
	if !errors.As(err, &status) {
		return fmt.Errorf("%v is no StatusError", err)
	}
	return equal(status.StatusCode, 400)
}

func thinking() error {
	request := question("think")
	request.Think = &api.ThinkValue{Value: true}
	got, err := ask(request)
	return errors.Join(err, equal(got.thinking, "Let me see."), equal(got.text, "It is noon."))
}
