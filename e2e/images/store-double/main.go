// A double of VictoriaLogs for tests of delivery: see README.md for what it does and does not do.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strconv"
)

const address = ":9428"

func main() {
	store := newStore()
	lever := newLever()
	mux := http.NewServeMux()
	mux.Handle("POST /insert/jsonline", lever.before(http.HandlerFunc(store.insert)))
	mux.HandleFunc("GET /metrics", store.metrics)
	// For the test alone. All are GET, which is what `kubectl get --raw` has.
	mux.HandleFunc("GET /double/fault/{fault}", lever.pull)
	mux.HandleFunc("GET /double/met", func(answer http.ResponseWriter, _ *http.Request) { reply(answer, lever.met()) })
	mux.HandleFunc("GET /double/stored", func(answer http.ResponseWriter, _ *http.Request) { reply(answer, store.summary()) })
	mux.HandleFunc("GET /double/missing/{number}", about(func(count int) any { return store.missing(count) }))
	mux.HandleFunc("GET /double/times/{number}", about(func(number int) any { return store.times(number) }))
	mux.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	log.Printf("a double of VictoriaLogs, not VictoriaLogs, at %s", address)
	log.Fatal(http.ListenAndServe(address, mux))
}

// Answers what `ask` knows about the number in the path.
func about(ask func(int) any) http.HandlerFunc {
	return func(answer http.ResponseWriter, request *http.Request) {
		number, err := strconv.Atoi(request.PathValue("number"))
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		reply(answer, ask(number))
	}
}

func reply(answer http.ResponseWriter, value any) {
	answer.Header().Set("Content-Type", "application/json")
	json.NewEncoder(answer).Encode(value)
}
