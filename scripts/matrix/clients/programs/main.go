// Calls the service through the generated client and prints one line a check.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"matrix/chat"
)

var failed = 0

func check(name string, run func() error) {
	if err := run(); err != nil {
		failed++
		fmt.Printf("fail %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Println("ok " + name)
}

func equal(actual, expected any) error {
	if actual != expected {
		return fmt.Errorf("%v instead of %v", actual, expected)
	}
	return nil
}

func pointer[T any](value T) *T { return &value }

func main() {
	ctx := context.Background()
	client, err := chat.NewClientWithResponses(os.Args[1])
	if err != nil {
		panic(err)
	}
	var first *chat.ChatResponse

	check("health", func() error {
		answer, err := client.GetHealthWithResponse(ctx)
		if err != nil {
			return err
		}
		return equal(answer.JSON200.Status, chat.HealthStatus("healthy"))
	})

	check("models", func() error {
		answer, err := client.ListModelsWithResponse(ctx)
		if err != nil {
			return err
		}
		for _, model := range answer.JSON200.Models {
			if model.Name == answer.JSON200.DefaultModel {
				return nil
			}
		}
		return fmt.Errorf("the default model is not in the list")
	})

	check("whole answer", func() error {
		answer, err := client.SendMessageWithResponse(ctx, nil, chat.ChatRequest{
			Message:    pointer("Hello"),
			Parameters: &chat.ModelParameters{Temperature: pointer(0.2), Stop: &[]string{"END"}},
		})
		if err != nil {
			return err
		}
		first = answer.JSON200
		return equal(first.FinishReason, chat.FinishReason("stop"))
	})
	if first == nil {
		os.Exit(1)
	}

	check("stream", func() error {
		answer, err := client.StreamMessage(ctx, nil, chat.ChatRequest{
			Message: pointer("And?"), ConversationId: &first.ConversationId,
		})
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		text, done := "", false
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			data, found := strings.CutPrefix(lines.Text(), "data: ")
			if !found {
				continue
			}
			var token chat.TokenEvent
			var end chat.DoneEvent
			if err := json.Unmarshal([]byte(data), &token); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(data), &end); err != nil {
				return err
			}
			text, done = text+token.Token, done || end.Done
		}
		return equal(text != "" && done, true)
	})

	check("respond-async", func() error {
		answer, err := client.SendMessageWithResponse(
			ctx,
			&chat.SendMessageParams{Prefer: pointer("respond-async")},
			chat.ChatRequest{Message: pointer("Later")},
		)
		if err != nil {
			return err
		}
		if answer.JSON202 == nil {
			return fmt.Errorf("status %d", answer.StatusCode())
		}
		generation, err := client.GetGenerationWithResponse(ctx, answer.JSON202.Id)
		if err != nil {
			return err
		}
		return equal(generation.JSON200.Id, answer.JSON202.Id)
	})

	check("cancel", func() error {
		answer, err := client.CancelGenerationWithResponse(ctx, first.GenerationId)
		if err != nil {
			return err
		}
		return equal(answer.JSON200.Status, chat.GenerationStatus("completed"))
	})

	check("history", func() error {
		id := first.ConversationId
		list, err := client.ListConversationsWithResponse(ctx, &chat.ListConversationsParams{Limit: pointer(5)})
		if err != nil {
			return err
		}
		if len(list.JSON200.Conversations) == 0 {
			return fmt.Errorf("the list is empty")
		}
		title := chat.UpdateConversation{Title: pointer("Renamed")}
		renamed, err := client.UpdateConversationWithResponse(ctx, id, nil, title)
		if err != nil {
			return err
		}
		if err := equal(renamed.JSON200.Title, "Renamed"); err != nil {
			return err
		}
		read, err := client.GetConversationWithResponse(ctx, id, nil)
		if err != nil {
			return err
		}
		if err := equal(len(read.JSON200.Messages), 4); err != nil {
			return err
		}
		deleted, err := client.DeleteConversationWithResponse(ctx, id, nil)
		if err != nil {
			return err
		}
		return equal(deleted.JSON200.Message != "", true)
	})

	check("settings", func() error {
		made, err := client.CreateConversationWithResponse(ctx, chat.NewConversation{
			Title:      pointer("Plans"),
			Tags:       &[]string{"work"},
			Parameters: &chat.ModelParameters{Temperature: pointer(0.1)},
		})
		if err != nil {
			return err
		}
		if err := equal(*made.JSON201.Parameters.Temperature, 0.1); err != nil {
			return err
		}
		list, err := client.ListConversationsWithResponse(ctx, &chat.ListConversationsParams{
			Tag:      pointer("work"),
			Archived: pointer(chat.ListConversationsParamsArchived("all")),
		})
		if err != nil {
			return err
		}
		if err := equal(list.JSON200.Conversations[0].Id, made.JSON201.Id); err != nil {
			return err
		}
		// Its types leave null out; the body can be given as it is.
		changed, err := client.UpdateConversationWithBodyWithResponse(
			ctx, made.JSON201.Id, nil, "application/json", strings.NewReader(`{"parameters": null}`),
		)
		if err != nil {
			return err
		}
		return equal(changed.JSON200.Parameters == nil && len(changed.JSON200.Tags) == 1, true)
	})

	check("branches", func() error {
		asked, err := client.SendMessageWithResponse(ctx, nil, chat.ChatRequest{Message: pointer("One")})
		if err != nil {
			return err
		}
		id, answer := asked.JSON200.ConversationId, asked.JSON200.MessageId
		edited := chat.ChatRequest{Message: pointer("Two"), ConversationId: &id, ParentId: &id}
		if _, err := client.SendMessageWithResponse(ctx, nil, edited); err != nil {
			return err
		}
		read, err := client.GetConversationWithResponse(ctx, id, nil)
		if err != nil {
			return err
		}
		if err := equal(len(read.JSON200.Messages[0].Siblings), 2); err != nil {
			return err
		}
		known := &chat.UpdateConversationParams{
			IfMatch: pointer(fmt.Sprintf("\"%d\"", read.JSON200.Revision)),
		}
		choice := chat.UpdateConversation{ActiveMessageId: &answer}
		chosen, err := client.UpdateConversationWithResponse(ctx, id, known, choice)
		if err != nil {
			return err
		}
		if err := equal(*chosen.JSON200.ActiveMessageId, answer); err != nil {
			return err
		}
		refused, err := client.UpdateConversationWithResponse(ctx, id, known, choice)
		if err != nil {
			return err
		}
		if refused.JSON412 == nil {
			return fmt.Errorf("status %d", refused.StatusCode())
		}
		return equal(*refused.JSON412.Conversation.ActiveMessageId, answer)
	})

	check("error", func() error {
		answer, err := client.GetConversationWithResponse(ctx, first.ConversationId, nil)
		if err != nil {
			return err
		}
		if answer.JSON404 == nil {
			return fmt.Errorf("status %d", answer.StatusCode())
		}
		return equal(answer.JSON404.Reason, chat.ErrorReason("conversation_not_found"))
	})

	if failed > 0 {
		os.Exit(1)
	}
}
