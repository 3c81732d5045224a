package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Fault is something that shall go wrong, as a user asks for it.
type Fault struct {
	Name  string `json:"name"`            // of the catalogue: see [Failures]
	Arg   string `json:"arg,omitempty"`   // a number, a duration..., as the catalogue says
	Where string `json:"where,omitempty"` // one endpoint: register, status, download, connection; empty: any
	Left  int    `json:"left,omitempty"`  // how many more times; 0: for ever
}

// ParseFault reads NAME[:ARG][@WHERE][=COUNT], such as cut-body=2 or
// rate-limit:3@register=1.
func ParseFault(spec string) (Fault, error) {
	rest, count, counted := strings.Cut(spec, "=")
	rest, where, _ := strings.Cut(rest, "@")
	name, arg, _ := strings.Cut(rest, ":")
	known, ok := failureNamed(name)
	if !ok {
		return Fault{}, &UnknownFailureError{Name: name}
	}
	f := Fault{Name: name, Arg: arg, Where: where, Left: known.Count}
	if arg == "" {
		f.Arg = known.Arg
	}
	if err := checkWhere(known, where); err != nil {
		return Fault{}, err
	}
	if !counted {
		return f, nil
	}
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 {
		return Fault{}, fmt.Errorf("failure %q: %q is no number of times", name, count)
	}
	f.Left = n
	return f, nil
}

func checkWhere(known Failure, where string) error {
	switch {
	case where == "" || known.Area == "API" && slices.Contains(wheres, where):
		return nil
	case known.Area != "API":
		return fmt.Errorf("failure %q: only one of the API can be limited to an endpoint", known.Name)
	}
	return fmt.Errorf("failure %q: there is no endpoint %q, only %s", known.Name, where, strings.Join(wheres, ", "))
}

// An UnknownFailureError is about a name that the catalogue does not have.
type UnknownFailureError struct{ Name string }

func (e *UnknownFailureError) Error() string { return fmt.Sprintf("no failure is named %q", e.Name) }

// Hint lists names alike, or says where the list is.
func (e *UnknownFailureError) Hint() string {
	var alike []string
	for _, f := range Failures() {
		for word := range strings.SplitSeq(e.Name, "-") {
			if len(word) > 2 && strings.Contains(f.Name, word) {
				alike = append(alike, f.Name)
				break
			}
		}
	}
	if len(alike) == 0 || len(alike) > 12 {
		return "fhirwh sandbox --list-failures shows them all"
	}
	return "there are " + strings.Join(alike, ", ")
}

// faults are the failures that are switched on.
type faults struct {
	mu     sync.Mutex
	active []Fault
}

func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = append(f.active, fault)
}

// remove switches a failure off; all of them, if name is empty.
func (f *faults) remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = slices.DeleteFunc(f.active, func(a Fault) bool { return name == "" || a.Name == name })
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.active)
}

// on says whether a failure is on, which is not counted: for what is a state of
// the service rather than something that happens.
func (f *faults) on(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.active, func(a Fault) bool { return a.Name == name })
}

// take says whether a failure shall happen now, and counts it.
func (f *faults) take(name string) bool {
	_, ok := f.takeAt("", name)
	return ok
}

// takeAt returns the first of names that shall happen now at an endpoint, and
// counts it.
func (f *faults) takeAt(where string, names ...string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, a := range f.active {
		if !slices.Contains(names, a.Name) || a.Where != "" && a.Where != where {
			continue
		}
		if a.Left == 1 {
			f.active = slices.Delete(f.active, i, i+1)
		} else if a.Left > 1 {
			f.active[i].Left--
		}
		return a, true
	}
	return Fault{}, false
}
