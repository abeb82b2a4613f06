'use strict'
const crypto = require('node:crypto')

const AUDIENCES = { rest: 'chat-api', ws: 'chat-realtime' }
const KINDS = { rest: 'at+jwt', ws: 'JWT' }
const MEMBERS = new Set(['userId', 'name', 'image', 'custom', 'expiresIn'])
const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url')

function refuse (code) {
  throw Object.assign(new Error(code), { status: 400, code: 'invalid_request' })
}

function validate (body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('body')
  for (const member in body) if (!MEMBERS.has(member)) refuse(member)
  const { userId, name, image, custom, expiresIn } = body
  // eslint-disable-next-line no-control-regex
  if (typeof userId !== 'string' || !userId || Buffer.byteLength(userId) > 255 || /[\x00-\x1f\x7f]/.test(userId)) refuse('userId')
  if (name != null && (typeof name !== 'string' || name.length > 255)) refuse('name')
  if (image != null && (typeof image !== 'string' || image.length > 2048 || !/^https?:$/.test(new URL(image).protocol))) refuse('image')
  if (custom != null && (typeof custom !== 'object' || Array.isArray(custom) || JSON.stringify(custom).length > 5120)) refuse('custom')
  if (expiresIn != null && !(Number.isInteger(expiresIn) && expiresIn >= 60 && expiresIn <= 86400)) refuse('expiresIn')
}

function sign (claims, typ, key) {
  const input = `${encode({ alg: 'HS256', typ, kid: key.kid })}.${encode(claims)}`
  return `${input}.${crypto.createHmac('sha256', key.secret).update(input).digest('base64url')}`
}

/** A UUIDv7 (RFC 9562). */
function newGrantID (now) {
  const bytes = crypto.randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | (bytes[6] & 0x0f)
  bytes[8] = 0x80 | (bytes[8] & 0x3f)
  const text = bytes.toString('hex')
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
}

const iso = seconds => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')

async function issue (context, key, body) {
  validate(body)
  const now = Date.now()
  const iat = Math.floor(now / 1000)
  const { name, image, custom } = await context.store.upsert(key.tenant, body, iat)
  const lifetime = body.expiresIn ?? 86400
  const grantId = newGrantID(now)
  const common = { iss: `${context.publicURL}/t/${key.tenant}`, sub: body.userId, iat, exp: iat + lifetime, akid: key.id }
  const info = { name: name ?? undefined, image: image ?? undefined }
  const rest = { ...common, aud: 'chat-api', client_id: key.tenant, jti: `${grantId}.rest`, scope: 'chat:rest' }
  const ws = { ...common, aud: 'chat-realtime', jti: `${grantId}.ws`, scope: 'chat:ws', info, meta: { tenant: key.tenant } }
  return {
    token: sign(rest, 'at+jwt', key),
    wsToken: sign(ws, 'JWT', key),
    user: { id: body.userId, ...info, custom: body.custom ?? (custom == null ? undefined : JSON.parse(custom)) },
    expiresIn: lifetime,
    expiresAt: iso(iat + lifetime),
    refreshAfter: Math.floor(lifetime * 5 / 6 * (0.9 + 0.1 * Math.random())),
    grantId
  }
}

/** The claims of a token that is good at this door, or the code of why not. */
function check (context, key, token, expect) {
  const [head, payload, signature, extra] = token.split('.')
  if (!signature || extra !== undefined) return { code: 'token_malformed' }
  const expected = crypto.createHmac('sha256', key.secret).update(`${head}.${payload}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== 32 || !crypto.timingSafeEqual(given, expected)) return { code: 'token_signature_invalid' }
  const header = JSON.parse(Buffer.from(head, 'base64url'))
  const claims = JSON.parse(Buffer.from(payload, 'base64url'))
  if (header.alg !== 'HS256' || header.kid !== key.kid) return { code: 'token_key_unknown' }
  if (header.typ !== KINDS[expect]) return { code: 'token_wrong_kind' }
  if (claims.aud !== AUDIENCES[expect]) return { code: 'token_wrong_audience' }
  if (claims.iss !== `${context.publicURL}/t/${key.tenant}`) return { code: 'token_issuer_unknown' }
  if (!(claims.exp > Date.now() / 1000)) return { code: 'token_expired' }
  return { claims }
}

function verify (context, key, body) {
  if (typeof body?.token !== 'string' || !AUDIENCES[body.expect]) refuse('token')
  const { claims, code } = check(context, key, body.token, body.expect)
  if (!claims) return { valid: false, code, detail: code }
  return {
    valid: true,
    kind: body.expect,
    tenant: key.tenant,
    userId: claims.sub,
    grantId: claims.jti.slice(0, 36),
    issuedAt: iso(claims.iat),
    expiresAt: iso(claims.exp),
    expiresIn: claims.exp - Math.floor(Date.now() / 1000),
    claims
  }
}

function forwardAuth (context, key, request, response) {
  const expect = new URLSearchParams(request.url.split('?')[1]).get('expect')
  const token = (request.headers.authorization || '').replace(/^Bearer /, '')
  const { claims } = AUDIENCES[expect] ? check(context, key, token, expect) : {}
  if (!claims) {
    response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
  } else {
    response.writeHead(204, {
      'X-Chat-Tenant': key.tenant, 'X-Chat-User': encodeURIComponent(claims.sub), 'X-Chat-Grant': claims.jti.slice(0, 36)
    })
  }
  response.end()
}

module.exports = { issue, verify, forwardAuth }
