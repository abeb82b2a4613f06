// Command chattokens is the server a good Go developer would write: net/http, golang-jwt, and mattn's sqlite3 or pgx.
package main

import (
	"log"
	"net/http"
	"os"
)

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func main() {
	port := setting("PORT", "8080")
	store, err := openStore(setting("DATABASE", "peer.db"))
	if err != nil {
		log.Fatal(err)
	}
	server := &server{
		store:     store,
		limiter:   newLimiter(),
		publicURL: setting("PUBLIC_URL", "http://127.0.0.1:"+port),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/tokens", server.withKey("tokens:issue", server.limited(server.issue)))
	mux.HandleFunc("/verify", server.withKey("tokens:verify", server.verify))
	mux.HandleFunc("/t/bench/.well-known/jwks.json", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"keys":[]}`))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port, mux))
}
