package export

import (
	"context"
	"log/slog"
)

// Log lines of the receiver and the worker: one a step. Of a patient they have
// the ids of connection, task and event; never a link, a body or a secret.

// logTo writes a line if there is a log.
func logTo(log *slog.Logger, level slog.Level, text string, attrs ...slog.Attr) {
	if log != nil {
		log.LogAttrs(context.Background(), level, text, attrs...)
	}
}

// eventAttrs are what a line says of an event.
func eventAttrs(e Event) []slog.Attr {
	return withText(nil, "event", e.ID, "type", e.Type, "mode", e.APIMode, "task", e.TaskID, "connection", e.ConnectionID)
}

// exportAttrs are what a line says of an export.
func exportAttrs(x Export) []slog.Attr {
	return withText(nil, "task", x.TaskID, "connection", x.ConnectionID)
}

// withText appends pairs of name and text, without the empty ones. The texts come
// from elsewhere.
func withText(attrs []slog.Attr, pairs ...string) []slog.Attr {
	for i := 0; i < len(pairs); i += 2 {
		if text := pairs[i+1]; text != "" {
			attrs = append(attrs, slog.String(pairs[i], shortID(text)))
		}
	}
	return attrs
}
