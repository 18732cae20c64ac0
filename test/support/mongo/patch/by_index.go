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
	others, some := withoutIndex(filter)
	conditions = append(conditions, others...)
	args = append(args, some...)
	if alternatives, some := alternativesOf(filter); alternatives != "" {
		conditions = append(conditions, alternatives)
		args = append(args, some...)
	}
	return strings.Join(conditions, " AND "), args
}

var comparisons = map[string]string{"$gt": ">", "$gte": ">=", "$lt": "<"}

// What SQLite finds without an index, of changes: still sooner than FerretDB, which takes each document
// apart.
func withoutIndex(filter *types.Document) ([]string, []any) {
	var conditions []string
	var args []any
	add := func(field, condition string, values ...any) {
		conditions = append(conditions, fmt.Sprintf("%s->>%q %s", metadata.DefaultColumn, field, condition))
		args = append(args, values...)
	}
	for _, field := range []string{"_id", "id"} {
		value, _ := filter.Get(field)
		if isNumber(value) {
			add(field, "= ?", value)
		}
		document, ok := value.(*types.Document)
		if !ok {
			continue
		}
		for operator, sql := range comparisons {
			if limit, _ := document.Get(operator); isNumber(limit) {
				add(field, sql+" ?", limit)
			}
		}
		if values := valuesIn(document); len(values) > 0 && (field == "id" || isNumber(values[0])) {
			places := strings.TrimPrefix(strings.Repeat(", ?", len(values)), ", ")
			add(field, "IN ("+places+")", values...)
		}
	}
	return conditions, args
}

// The strings or numbers of a list; none where it has others.
func valuesIn(condition *types.Document) []any {
	list, _ := condition.Get("$in")
	array, ok := list.(*types.Array)
	if !ok {
		return nil
	}
	var values []any
	for i := range array.Len() {
		value := must.NotFail(array.Get(i))
		if _, ok := value.(string); !ok && !isNumber(value) {
			return nil
		}
		values = append(values, value)
	}
	return values
}

func isNumber(value any) bool {
	switch value.(type) {
	case int32, int64, float64:
		return true
	}
	return false
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
