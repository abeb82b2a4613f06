'use strict'
// The server a good Node developer would write without a framework: http, own HS256 on crypto, and
// node-sqlite3 or pg.
const http = require('node:http')
const cluster = require('node:cluster')
const { Access } = require('./access.js')
const { issue, verify, forwardAuth } = require('./tokens.js')

const port = Number(process.env.PORT || 8080)
const database = process.env.DATABASE || 'peer.db'
const { openStore } = require(database.startsWith('postgres://') ? './postgres.js' : './sqlite.js')
const workers = Number(process.env.WORKERS || 1)

function send (response, status, body, headers) {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...headers })
  response.end(text)
}

function fail (response, status, code, headers) {
  send(response, status, { type: 'about:blank', title: http.STATUS_CODES[status], status, code },
    { ...headers, 'Content-Type': 'application/problem+json' })
}

function readJSON (request, response, then) {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', chunk => {
    body += chunk
    if (body.length > 16384) { fail(response, 413, 'too_large'); request.destroy() }
  })
  request.on('end', () => {
    let value
    try { value = JSON.parse(body) } catch { return fail(response, 400, 'invalid_json') }
    then(value).catch(error => fail(response, error.status || 503, error.code || 'storage_unavailable'))
  })
}

async function serve () {
  const store = await openStore(database)
  const access = new Access(store)
  const context = { store, publicURL: process.env.PUBLIC_URL || `http://127.0.0.1:${port}` }
  const server = http.createServer(async (request, response) => {
    const path = request.url.split('?', 1)[0]
    if (path.endsWith('/.well-known/jwks.json')) return send(response, 200, { keys: [] })
    const scope = { '/tokens': 'tokens:issue', '/verify': 'tokens:verify' }[path]
    if (!scope) return fail(response, 404, 'not_found')
    let key = access.cached(request.headers['x-api-key'])
    if (!key) key = await access.load(request.headers['x-api-key']).catch(() => undefined)
    if (!key) return fail(response, 401, 'api_key_invalid')
    if (!key.scopes.has(scope)) return fail(response, 403, 'scope_missing')
    if (path === '/verify' && request.method === 'GET') return forwardAuth(context, key, request, response)
    if (path === '/verify') {
      return readJSON(request, response, async body => send(response, 200, verify(context, key, body)))
    }
    const limit = access.admit(key)
    if (!limit.admitted) return fail(response, 429, 'rate_limited', limit.headers)
    readJSON(request, response, async body => send(response, 200, await issue(context, key, body), limit.headers))
  })
  server.keepAliveTimeout = 60000
  server.listen(port, '127.0.0.1', 1024)
}

if (workers > 1 && cluster.isPrimary) {
  for (let index = 0; index < workers; index++) cluster.fork()
} else {
  serve()
}
