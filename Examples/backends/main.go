// CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… go run main.go
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type pair struct{ Token, WSToken, ExpiresAt string }

func tokensFor(user string, attempts int) (result pair, err error) {
	request, err := http.NewRequest("POST", os.Getenv("CHAT_TOKENS_URL")+"/tokens", strings.NewReader(user))
	if err != nil {
		return result, err
	}
	request.Header = http.Header{
		"X-Api-Key": {os.Getenv("CHAT_TOKENS_API_KEY")}, "Content-Type": {"application/json"}}
	response, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return result, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return result, json.NewDecoder(response.Body).Decode(&result)
	}
	// A used-up quota or an hour's wait is not worth holding a user up for.
	if wait, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && wait <= 5 && attempts > 1 {
		time.Sleep(time.Duration(wait) * time.Second)
		return tokensFor(user, attempts-1)
	}
	problem, _ := io.ReadAll(response.Body)
	return result, fmt.Errorf("ChatTokens: %s: %s", response.Status, problem)
}

func main() {
	user, _ := json.Marshal(map[string]any{"userId": "user-123", "name": "Alice Johnson"})
	result, err := tokensFor(string(user), 3)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.ExpiresAt)
}
