package export

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Metrics counts what a receiver and a worker do. All methods may be called on
// nil, which counts nothing.
type Metrics struct {
	set    *metrics.Set
	now    func() time.Time
	oldest atomic.Int64 // when the oldest thing in the queue came, Unix nanoseconds; 0: nothing waits
}

// The verdicts of a webhook's request beside the states of an [Event].
const (
	verdictDuplicate = "duplicate"
	verdictSignature = "bad-signature"
	verdictTooLarge  = "too-large"
	verdictNotStored = "not-stored"
)

var (
	verdicts     = []string{EventPending, EventIgnored, EventRefused, EventUndecodable, verdictDuplicate, verdictSignature, verdictTooLarge, verdictNotStored}
	exportStates = []string{ExportPending, ExportNoLink, ExportLinked, ExportLanded, ExportImported, ExportFailed, ExportExpired}
	outcomes     = []string{outcomeOK, outcomeRetry, outcomeGone, outcomeRefused}
)

// The outcomes of a download or an import.
const (
	outcomeOK      = "ok"
	outcomeRetry   = "retry"   // failed, to be tried again
	outcomeGone    = "gone"    // the file has expired
	outcomeRefused = "refused" // a foreign host
)

// NewMetrics returns metrics that are all zero.
func NewMetrics() *Metrics {
	m := &Metrics{set: metrics.NewSet(), now: time.Now}
	for _, v := range verdicts {
		m.add(eventsTotal(v), 0)
	}
	for _, o := range outcomes {
		m.add(downloadsTotal(o), 0)
	}
	for _, o := range []string{outcomeOK, outcomeRetry} {
		m.add(importsTotal(o), 0)
	}
	for _, name := range []string{downloadBytesTotal, importedFilesTotal, importedResourcesTotal} {
		m.add(name, 0)
	}
	m.setGauge(queueLength, 0)
	m.set.NewGauge("fhirwh_queue_oldest_seconds", m.oldestSeconds)
	return m
}

const (
	downloadBytesTotal     = "fhirwh_download_bytes_total"
	importedFilesTotal     = "fhirwh_imported_files_total"
	importedResourcesTotal = "fhirwh_imported_resources_total"
	queueLength            = "fhirwh_queue_length"
)

func eventsTotal(verdict string) string {
	return fmt.Sprintf("fhirwh_events_total{verdict=%q}", verdict)
}
func downloadsTotal(result string) string {
	return fmt.Sprintf("fhirwh_downloads_total{result=%q}", result)
}
func importsTotal(result string) string {
	return fmt.Sprintf("fhirwh_imports_total{result=%q}", result)
}
func exportsInState(state string) string { return fmt.Sprintf("fhirwh_exports{state=%q}", state) }

func (m *Metrics) add(name string, n int64) {
	if m != nil {
		m.set.GetOrCreateCounter(name).AddInt64(n)
	}
}

func (m *Metrics) setGauge(name string, v float64) {
	if m != nil {
		m.set.GetOrCreateGauge(name, nil).Set(v)
	}
}

// setQueue says how much waits, and since when.
func (m *Metrics) setQueue(length int, oldest time.Time) {
	if m == nil {
		return
	}
	m.setGauge(queueLength, float64(length))
	since := int64(0)
	if length > 0 {
		since = oldest.UnixNano()
	}
	m.oldest.Store(since)
}

func (m *Metrics) oldestSeconds() float64 {
	since := m.oldest.Load()
	if since == 0 {
		return 0
	}
	return max(0, m.now().Sub(time.Unix(0, since)).Seconds())
}

// WritePrometheus writes the metrics in the text format of Prometheus.
func (m *Metrics) WritePrometheus(w io.Writer) {
	if m != nil {
		m.set.WritePrometheus(w)
	}
}
