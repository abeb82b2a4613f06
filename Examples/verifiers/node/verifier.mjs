// Node 20 or later, no packages. Verifies the tokens of one ChatTokens tenant without asking about each.
import { createHash, createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify as check } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const HOLDER = { ws: { typ: "JWT", audience: "chat-realtime" }, rest: { typ: "at+jwt", audience: "chat-api" } };
const ALGORITHM = { oct: "HS256", EC: "ES256", OKP: "EdDSA", RSA: "RS256" };
const LONGEST = { token: 8_192, keys: 1 << 20, page: 32 << 20 };
const now = () => performance.now() / 1_000;

/** Why a token was refused. `verifier_not_ready`: it may be good; answer 503. All others: 401. */
export class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export class Verifier {
  #keys = new Map(); // by kid
  #secrets = new Map();
  #keysReadAt = -Infinity; // all times in seconds
  #keysTriedAt = -Infinity;
  #fetching = null;
  #revoked = new Map(); // "kind\0subject" to { before (ms), expires (s) }
  #heardAt = -Infinity;
  #place = 0;
  #told = -1;
  #toldAt = -Infinity;
  #ended = new AbortController();
  #timers = [];

  /** `secrets`: private JWKs of HS256 keys. `apiKey` (scope tokens:verify): follow revocations as well. */
  constructor({ publicUrl, tenant, kind = "ws", audience = HOLDER[kind].audience, address = publicUrl, leeway = 0,
    secrets = [], apiKey = null, name = null, refresh = 300, minimumRefetch = 5, keysUsableFor = 86_400, timeout = 5,
    silence = 30, onRevocation = () => {} }) {
    Object.assign(this, { publicUrl, tenant, kind, audience, address, leeway, apiKey, name, refresh, minimumRefetch,
      keysUsableFor, timeout, silence, onRevocation, issuer: `${publicUrl}/t/${tenant}` });
    for (const jwk of secrets) this.#secrets.set(jwk.kid, keyOf(jwk, "HS256"));
  }

  /** Reads keys and revocations, and keeps them fresh until `stop()`. Resolves once a first attempt is over. */
  async start() {
    await this.#fetchKeys();
    const often = (seconds, work) => this.#timers.push(setInterval(() => work().catch(complain), seconds * 1_000));
    often(Math.min(this.refresh, 10), async () => {
      if (now() - this.#keysReadAt >= this.refresh) await this.#fetchKeys();
    });
    if (!this.apiKey) return;
    await this.#catchUp().catch(complain);
    this.#follow();
    if (this.name) often(1, () => this.#acknowledge());
    often(60, async () => {
      for (const [key, { expires }] of this.#revoked) if (expires * 1_000 < Date.now()) this.#revoked.delete(key);
    });
  }

  stop() {
    this.#timers.forEach(clearInterval);
    this.#ended.abort();
  }

  /** Whether keys and revocations have been read, and lately. */
  get isReady() {
    const hasKeys = this.#secrets.size > 0 || now() - this.#keysReadAt <= this.keysUsableFor;
    return hasKeys && (!this.apiKey || now() - this.#heardAt <= this.silence);
  }

  /** The claims of a good token; throws Refused. */
  async verify(token) {
    const { header, payload, claims } = await this.#open(token, LONGEST.token, HOLDER[this.kind].typ);
    const refuse = (isSo, code) => { if (isSo) throw new Refused(code); };
    refuse(claims.aud !== this.audience, "token_wrong_audience");
    const born = birth(claims.jti, this.kind);
    const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
    refuse(born === null || typeof claims.sub !== "string" || !isWhole(claims.exp) || !isWhole(claims.iat), "token_malformed");
    refuse(Date.now() / 1_000 >= claims.exp + this.leeway, "token_expired");
    refuse(this.apiKey && now() - this.#heardAt > this.silence, "verifier_not_ready");
    refuse(this.#isRevoked(claims, header.kid, born), "token_revoked");
    return Object.defineProperty(claims, "kid", { value: header.kid, enumerable: false });
  }

  /** Whether the claims that `verify` returned have been revoked since; ask for each connection on `onRevocation`. */
  isRevoked(claims) {
    return this.#isRevoked(claims, claims.kid, birth(claims.jti, this.kind));
  }

  #isRevoked(claims, kid, born) {
    const hash = createHash("sha256").update(`${this.tenant}/${claims.sub}`).digest("hex").slice(0, 32);
    const marks = [["grant", claims.jti.slice(0, 36)], ["user", claims.sub], ["user_hash", hash], ["api_key", claims.akid],
      ["signing_key", kid], ["label", claims.lbl], ["tenant", ""]];
    return marks.some(([kind, subject]) =>
      typeof subject === "string" && born < (this.#revoked.get(`${kind}\0${subject}`)?.before ?? 0));
  }

  /** Takes a JWS apart and checks its signature; the algorithm is the key's, never the header's choice (RFC 8725). */
  async #open(text, longest, typ) {
    const parts = String(text).split(".");
    if (text.length > longest || parts.length !== 3) throw new Refused("token_malformed");
    const [head, payload, signature] = parts.map((part) => Buffer.from(part, "base64url"));
    const isCanonical = [head, payload, signature].every((bytes, index) => bytes.toString("base64url") === parts[index]);
    const [header, claims] = [head, payload].map(object);
    if (!isCanonical || !header || !claims || Object.keys(header).sort().join() !== "alg,kid,typ") {
      throw new Refused("token_malformed");
    }
    if (claims.iss !== this.issuer) throw new Refused("token_issuer_unknown");
    const types = Object.values(HOLDER).map((holder) => holder.typ);
    if (header.typ !== typ) throw new Refused(types.includes(header.typ) ? "token_wrong_kind" : "token_malformed");
    const key = await this.#key(header.kid);
    if (header.alg !== key.algorithm || !isSigned(Buffer.from(`${parts[0]}.${parts[1]}`), signature, key)) {
      throw new Refused("token_signature_invalid");
    }
    return { header, payload, claims };
  }

  async #key(kid) {
    const find = () => this.#secrets.get(kid) ?? (now() - this.#keysReadAt <= this.keysUsableFor && this.#keys.get(kid));
    if (!find() && (this.#fetching || now() - this.#keysTriedAt >= this.minimumRefetch)) await this.#fetchKeys();
    const isRead = now() - this.#keysReadAt <= this.keysUsableFor;
    return find() || (() => { throw new Refused(isRead ? "token_key_unknown" : "verifier_not_ready"); })();
  }

  /** Reads the key set, once for all who wait; if that fails the old one stays. */
  #fetchKeys() {
    this.#fetching ??= (async () => {
      try {
        const response = await this.#get(`/t/${this.tenant}/.well-known/jwks.json`);
        const { keys } = response.status === 404 ? { keys: [] } : object(await body(response, LONGEST.keys));
        this.#keys = new Map(keys.slice(0, 100).filter((jwk) => jwk.kty !== "oct").flatMap((jwk) => {
          try { return [[jwk.kid, keyOf(jwk)]]; } catch { return []; }
        }));
        this.#keysReadAt = now();
      } catch (error) {
        complain(error);
      }
      this.#keysTriedAt = now();
      this.#fetching = null;
    })();
    return this.#fetching;
  }

  #get(path, headers = {}, limit = AbortSignal.timeout(this.timeout * 1_000), rest = {}) {
    return fetch(this.address + path, { headers, signal: AbortSignal.any([limit, this.#ended.signal]), redirect: "error", ...rest });
  }

  get #asOneself() {
    return { "X-API-Key": this.apiKey, "X-Chat-Tenant": this.tenant };
  }

  /** Reads the feed up to its end: until this has been done once, no token is taken. */
  async #catchUp() {
    for (let more = true; more;) {
      const limit = AbortSignal.timeout(6 * this.timeout * 1_000);
      const page = object(await body(await this.#get(`/revocations?after=${this.#place}`, this.#asOneself, limit), LONGEST.page));
      for (const document of page.documents) await this.#apply(document);
      [this.#place, more] = [page.sequence, page.more];
    }
    this.#heardAt = now();
  }

  /** Follows the stream; whenever it ends, catches up and connects again. */
  async #follow() {
    for (let pause = 0.2; !this.#ended.signal.aborted; pause = Math.min(pause * 2, 10)) {
      try {
        await this.#catchUp();
        for await (const { event, data, id } of this.#events()) {
          pause = 0.2;
          if (event === "revocations") await this.#apply(data);
          if (id) this.#place = Number(id);
          if (event !== "open") this.#heardAt = now();
          if (event === "end") break;
        }
      } catch (error) {
        complain(error);
      }
      await sleep(pause * (500 + Math.random() * 500), null, { signal: this.#ended.signal }).catch(complain);
    }
  }

  /** Server-sent events (HTML Living Standard §9.2); a stream that is silent for 45 s is given up. */
  async *#events() {
    const silent = new AbortController();
    let guard = setTimeout(() => silent.abort(), 45_000);
    try {
      const headers = { ...this.#asOneself, "Last-Event-ID": String(this.#place) };
      const response = await this.#get("/revocations/stream", headers, silent.signal);
      if (response.status !== 200) throw new Error(`revocations: ${response.status}`);
      let [text, event] = ["", {}];
      const decoder = new TextDecoder();
      for await (const chunk of response.body) {
        clearTimeout(guard);
        guard = setTimeout(() => silent.abort(), 45_000);
        const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
        text = lines.pop();
        if (text.length > LONGEST.page) throw new Error("revocations: a line too long");
        for (const line of lines) {
          const [, name, value] = /^(\w*):? ?(.*)$/.exec(line);
          if (name) event[name] = value;
          else if (line.startsWith(":")) yield { event: /^: \d+$/.test(line) ? "alive" : "open" };
          else if (event.event) yield event;
          if (!line) event = {};
        }
      }
    } finally {
      clearTimeout(guard);
      silent.abort();
    }
  }

  async #apply(document) {
    const { claims } = await this.#open(document, LONGEST.page, "revocations+jwt");
    if (claims.aud !== "chat-revocations") throw new Error("revocations: another audience");
    const known = ["grant", "user", "user_hash", "api_key", "signing_key", "label", "tenant"];
    for (const { kind, subject, before, expires } of claims.entries) {
      // What is not understood may revoke anything.
      const entry = known.includes(kind) ? { key: `${kind}\0${subject}`, before } : { key: "tenant\0", before: Infinity };
      const old = this.#revoked.get(entry.key);
      this.#revoked.set(entry.key, { before: Math.max(entry.before, old?.before ?? 0), expires: Math.max(expires, old?.expires ?? 0) });
    }
    // What was read has been applied, whoever is told of it, at once or by a promise.
    if (claims.entries.length > 0) Promise.resolve().then(() => this.onRevocation()).catch(complain);
  }

  async #acknowledge() {
    // Again after a minute, or the server takes the verifier for gone.
    const isNews = this.#place !== this.#told || now() - this.#toldAt >= 60;
    if (!isNews || now() - this.#heardAt > this.silence) return;
    const sequence = this.#place;
    const headers = { ...this.#asOneself, "Content-Type": "application/json" };
    const text = JSON.stringify({ verifier: this.name, sequence });
    const response = await this.#get("/revocations/ack", headers, undefined, { method: "POST", body: text });
    if (response.status === 204) [this.#told, this.#toldAt] = [sequence, now()];
  }
}

function complain(error) {
  if (error?.name !== "AbortError") console.warn(`ChatTokens: ${error?.message ?? error}`);
}

function object(bytes) {
  try {
    const value = JSON.parse(bytes);
    return value && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

async function body(response, longest) {
  if (response.status !== 200) throw new Error(`${new URL(response.url).pathname}: ${response.status}`);
  const chunks = [];
  let count = 0;
  for await (const chunk of response.body) {
    if ((count += chunk.length) > longest) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function keyOf(jwk, only) {
  const algorithm = ALGORITHM[jwk.kty];
  const isFit = algorithm && (jwk.alg ?? algorithm) === algorithm && (!only || algorithm === only) && typeof jwk.kid === "string";
  if (!isFit || !["P-256", "Ed25519", undefined].includes(jwk.crv)) throw new Error(`key ${jwk.kid} cannot be used`);
  const key = jwk.kty === "oct" ? createSecretKey(jwk.k, "base64url") : createPublicKey({ key: jwk, format: "jwk" });
  if (jwk.kty === "RSA" && key.asymmetricKeyDetails.modulusLength < 2_048) throw new Error(`key ${jwk.kid} is weak`);
  return { algorithm, key };
}

function isSigned(message, signature, { algorithm, key }) {
  switch (algorithm) {
    case "HS256": {
      const code = createHmac("sha256", key).update(message).digest();
      return code.length === signature.length && timingSafeEqual(code, signature);
    }
    case "ES256": return check("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
    case "RS256": return check("sha256", message, key, signature);
    default: return check(null, message, key, signature);
  }
}

/** Milliseconds since 1970 at which the grant of a `jti` was born; null where it is none (RFC 9562 §5.7). */
function birth(jti, kind) {
  const form = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.(rest|ws)$/.exec(jti);
  return form?.[3] === kind ? parseInt(form[1] + form[2], 16) : null;
}
