// Node 18 or later, no packages: CHAT_TOKENS_URL=… CHAT_TOKENS_API_KEY=… node node.mjs
const { CHAT_TOKENS_URL, CHAT_TOKENS_API_KEY } = process.env;

export async function tokensFor(user, attempts = 3) {
  const response = await fetch(`${CHAT_TOKENS_URL}/tokens`, {
    method: "POST",
    headers: { "X-API-Key": CHAT_TOKENS_API_KEY, "Content-Type": "application/json" },
    body: JSON.stringify(user),
    signal: AbortSignal.timeout(5_000),
  });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({ code: `http_${response.status}` }));
  const wait = Number(response.headers.get("Retry-After"));
  // A used-up quota or an hour's wait is not worth holding a user up for.
  if ([429, 503].includes(response.status) && wait <= 5 && attempts > 1) {
    await new Promise((resume) => setTimeout(resume, wait * 1_000));
    return tokensFor(user, attempts - 1);
  }
  throw new Error(`ChatTokens: ${problem.code} (request ${problem.requestId})`);
}

const pair = await tokensFor({ userId: "user-123", name: "Alice Johnson" });
console.log(pair.user.id, pair.expiresAt);
