#!/bin/sh
# CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… sh curl.sh
# curl waits for Retry-After itself, on 429 and 503; the key stays off the command line, where others could see it.
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
printf 'header = "X-API-Key: %s"\n' "$CHAT_TOKENS_API_KEY" | curl --silent --show-error --fail-with-body \
    --config - --retry 2 --retry-max-time 10 --max-time 5 --header 'Content-Type: application/json' \
    --data '{"userId":"user-123","name":"Alice Johnson"}' --output "$answer" "$CHAT_TOKENS_URL/tokens"
status=$?
cat "$answer"
exit $status
