// CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… go run main.go
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

var client = &http.Client{Timeout: 5 * time.Second}

func tokensFor(user map[string]any, attempts int) (pair struct{ Token, WSToken, ExpiresAt string }, err error) {
	body, err := json.Marshal(user)
	if err != nil {
		return pair, err
	}
	request, err := http.NewRequest("POST", os.Getenv("CHAT_TOKENS_URL")+"/tokens", bytes.NewReader(body))
	if err != nil {
		return pair, err
	}
	request.Header.Set("X-API-Key", os.Getenv("CHAT_TOKENS_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return pair, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return pair, json.NewDecoder(response.Body).Decode(&pair)
	}
	// A used-up quota or an hour's wait is not worth holding a user up for.
	wait, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	if wait > 0 && wait <= 5 && attempts > 1 {
		time.Sleep(time.Duration(wait) * time.Second)
		return tokensFor(user, attempts-1)
	}
	problem, _ := io.ReadAll(response.Body)
	return pair, fmt.Errorf("ChatTokens: %s: %s", response.Status, problem)
}

func main() {
	pair, err := tokensFor(map[string]any{"userId": "user-123", "name": "Alice Johnson"}, 3)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(pair.ExpiresAt)
}
