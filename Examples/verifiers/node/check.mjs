// Tokens in, one a line; verdicts out. CHAT_TOKENS_URL=… CHAT_TOKENS_TENANT=… node check.mjs
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Verifier } from "./verifier.mjs";

const { CHAT_TOKENS_URL, CHAT_TOKENS_TENANT, CHAT_TOKENS_API_KEY, CHAT_TOKENS_SECRET_FILE, CHAT_TOKENS_KIND } = process.env;
const verifier = new Verifier({
  publicUrl: CHAT_TOKENS_URL,
  tenant: CHAT_TOKENS_TENANT,
  kind: CHAT_TOKENS_KIND ?? "ws",
  apiKey: CHAT_TOKENS_API_KEY,
  name: process.env.NAME,
  secrets: CHAT_TOKENS_SECRET_FILE ? [JSON.parse(readFileSync(CHAT_TOKENS_SECRET_FILE))] : [],
  ...JSON.parse(process.env.CHAT_TOKENS_LIMITS ?? "{}"),
});
await verifier.start();
console.log(verifier.isReady ? "ready" : "not ready");
for await (const token of createInterface({ input: process.stdin })) {
  const verdict = await verifier.verify(token).then((claims) => `valid ${claims.sub}`, (refused) => refused.code ?? `${refused}`);
  console.log(verdict);
}
verifier.stop();
