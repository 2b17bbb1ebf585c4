package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// What goes wrong with requests to insert: `none`, `reset` (before a byte is read), `reset-after` (stored, and nobody is told),
// `hang` (no answer until the lever is pulled again), or a status that answers all of them.
type lever struct {
	mutex sync.Mutex
	fault string
	// Closed when the next fault begins.
	over chan struct{}
	// Requests that met the fault.
	requests int
}

func newLever() *lever {
	return &lever{fault: "none", over: make(chan struct{})}
}

func (l *lever) pull(answer http.ResponseWriter, request *http.Request) {
	fault := request.PathValue("fault")
	known := map[string]bool{"none": true, "reset": true, "reset-after": true, "hang": true}
	if _, err := strconv.Atoi(fault); err != nil && !known[fault] {
		http.Error(answer, "no such fault", http.StatusBadRequest)
		return
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	close(l.over)
	l.fault, l.over, l.requests = fault, make(chan struct{}), 0
}

func (l *lever) met() map[string]any {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return map[string]any{"fault": l.fault, "requests": l.requests}
}

func (l *lever) now() (fault string, over <-chan struct{}) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.fault != "none" {
		l.requests++
	}
	return l.fault, l.over
}

func (l *lever) before(store http.Handler) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		switch fault, over := l.now(); fault {
		case "none":
			store.ServeHTTP(answer, request)
		case "reset":
			reset(answer)
		case "reset-after":
			store.ServeHTTP(httptest.NewRecorder(), request)
			reset(answer)
		case "hang":
			// What hung is not stored: a store that comes back knows nothing of it. The body has to be read to see a client go.
			io.Copy(io.Discard, request.Body)
			select {
			case <-over:
			case <-request.Context().Done():
			}
			reset(answer)
		default:
			refuse(answer, request, fault)
		}
	})
}

func refuse(answer http.ResponseWriter, request *http.Request, fault string) {
	io.Copy(io.Discard, request.Body)
	status, _ := strconv.Atoi(fault)
	http.Error(answer, "the double was told to answer "+fault, status)
}

// Ends the connection without an answer: with SO_LINGER 0 it is reset, not closed.
func reset(answer http.ResponseWriter) {
	connection, _, err := http.NewResponseController(answer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(interface{ SetLinger(int) error }); ok {
		tcp.SetLinger(0)
	}
	connection.Close()
}
