'use strict'

const UPSERT = `
INSERT INTO user (tenant_id, user_id, name, image, custom, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET
  name = CASE WHEN ?7 THEN excluded.name ELSE name END,
  image = CASE WHEN ?8 THEN excluded.image ELSE image END,
  custom = CASE WHEN ?9 THEN excluded.custom ELSE custom END,
  updated_at = excluded.updated_at
RETURNING name, image, custom`
const KEY = `
SELECT api_key.id, api_key.tenant_id AS tenant, scopes, rate, burst, kid, secret FROM api_key
JOIN tenant ON tenant.id = api_key.tenant_id JOIN signing_key ON signing_key.tenant_id = tenant.id WHERE hash = ?`

/** One connection, prepared statements, one transaction an upsert; durable when the promise resolves. */
async function openStore (path) {
  const sqlite3 = require('sqlite3')
  const db = new sqlite3.Database(path, sqlite3.OPEN_READWRITE)
  const run = (method, target, ...args) => new Promise((resolve, reject) =>
    target[method](...args, (error, value) => error ? reject(error) : resolve(value)))
  await run('exec', db, 'PRAGMA synchronous = FULL; PRAGMA busy_timeout = 10000;')
  const upsert = db.prepare(UPSERT)
  const find = db.prepare(KEY)
  return {
    key: async hash => (await run('all', find, hash))[0],
    upsert: async (tenant, body, now) => (await run('all', upsert, tenant, body.userId, body.name ?? null,
      body.image ?? null, body.custom == null ? null : JSON.stringify(body.custom), now,
      'name' in body, 'image' in body, 'custom' in body))[0]
  }
}

module.exports = { openStore }
