package sqlite

import (
	"fmt"
	"strings"

	"github.com/FerretDB/FerretDB/internal/backends/sqlite/metadata"
	"github.com/FerretDB/FerretDB/internal/handler/sjson"
	"github.com/FerretDB/FerretDB/internal/types"
	"github.com/FerretDB/FerretDB/internal/util/must"
)

// Fields of ours that are looked up by, and hold strings wherever they are.
var indexed = []string{
	"_id", "ownerId", "conversation", "generation", "runningOn",
	"idLock", "conversationLock", "idempotencyLock", "slotLock",
}

// byIndex gives the part of a filter that SQLite can answer from the indexes. The whole filter is
// applied to what it finds. FerretDB itself reads the whole collection.
func byIndex(filter *types.Document) (string, []any) {
	condition, args := conditionOf(filter)
	if condition == "" {
		return "", nil
	}
	return " WHERE " + condition, args
}

// All of the fields, and one of the alternatives where each of them can be answered.
func conditionOf(filter *types.Document) (string, []any) {
	var conditions []string
	var args []any
	for _, field := range indexed {
		value, _ := filter.Get(field)
		if texts := wanted(value); texts != nil {
			places := strings.TrimPrefix(strings.Repeat(", ?", len(texts)), ", ")
			// Letter for letter as the indexes are made, or SQLite does not use them.
			conditions = append(conditions, fmt.Sprintf("%s->%q IN (%s)", metadata.DefaultColumn, field, places))
			args = append(args, texts...)
		}
	}
	if alternatives, some := alternativesOf(filter); alternatives != "" {
		conditions = append(conditions, alternatives)
		args = append(args, some...)
	}
	return strings.Join(conditions, " AND "), args
}

func alternativesOf(filter *types.Document) (string, []any) {
	value, _ := filter.Get("$or")
	branches, ok := value.(*types.Array)
	if !ok {
		return "", nil
	}
	var conditions []string
	var args []any
	for i := range branches.Len() {
		branch, ok := must.NotFail(branches.Get(i)).(*types.Document)
		if !ok {
			return "", nil
		}
		condition, some := conditionOf(branch)
		if condition == "" {
			return "", nil
		}
		conditions = append(conditions, "("+condition+")")
		args = append(args, some...)
	}
	return "(" + strings.Join(conditions, " OR ") + ")", args
}

// The strings that a field may have, as they are stored; nil when it is not said in this way.
func wanted(value any) []any {
	texts := []any{}
	switch value := value.(type) {
	case string:
		texts = append(texts, stored(value))
	case *types.Document:
		list, _ := value.Get("$in")
		array, ok := list.(*types.Array)
		if !ok || value.Len() != 1 {
			return nil
		}
		for i := range array.Len() {
			text, ok := must.NotFail(array.Get(i)).(string)
			if !ok {
				return nil
			}
			texts = append(texts, stored(text))
		}
	default:
		return nil
	}
	return texts
}

func stored(text string) string {
	return string(must.NotFail(sjson.MarshalSingleValue(text)))
}
