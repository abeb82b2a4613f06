<?php // PHP 8 with curl: CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… php php.php
function tokensFor(array $user, int $attempts = 3): array {
    $wait = null;
    $curl = curl_init(getenv('CHAT_TOKENS_URL') . '/tokens');
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 5,
        CURLOPT_HTTPHEADER => ['X-API-Key: ' . getenv('CHAT_TOKENS_API_KEY'), 'Content-Type: application/json'],
        CURLOPT_POSTFIELDS => json_encode($user, JSON_THROW_ON_ERROR),
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$wait) {
            if (stripos($line, 'Retry-After:') === 0) $wait = (int) substr($line, 12);
            return strlen($line);
        },
    ]);
    $body = curl_exec($curl);
    if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) === 200) return json_decode($body, true, 32, JSON_THROW_ON_ERROR);
    // A used-up quota or an hour's wait is not worth holding a user up for.
    if ($wait === null || $wait > 5 || $attempts <= 1) throw new RuntimeException('ChatTokens: ' . ($body ?: curl_error($curl)));
    sleep($wait);
    return tokensFor($user, $attempts - 1);
}

$pair = tokensFor(['userId' => 'user-123', 'name' => 'Alice Johnson']);
echo $pair['user']['id'], ' ', $pair['expiresAt'], "\n";
