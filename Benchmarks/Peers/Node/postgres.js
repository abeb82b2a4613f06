'use strict'

const UPSERT = `
INSERT INTO chat_user AS stored (tenant_id, user_id, name, image, custom, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET
  name = CASE WHEN $7 THEN excluded.name ELSE stored.name END,
  image = CASE WHEN $8 THEN excluded.image ELSE stored.image END,
  custom = CASE WHEN $9 THEN excluded.custom ELSE stored.custom END,
  updated_at = excluded.updated_at
RETURNING name, image, custom`
const KEY = `
SELECT api_key.id, api_key.tenant_id AS tenant, scopes, rate, burst, kid, secret FROM api_key
JOIN tenant ON tenant.id = api_key.tenant_id JOIN signing_key ON signing_key.tenant_id = tenant.id WHERE hash = $1`

/** pg's pool; statements are prepared once a connection, since they have names; one statement an upsert. */
async function openStore (connectionString) {
  const { Pool } = require('pg')
  const pool = new Pool({ connectionString, max: Number(process.env.POOL || 16) })
  const first = async (name, text, values) => (await pool.query({ name, text, values })).rows[0]
  return {
    key: hash => first('key', KEY, [hash]),
    upsert: (tenant, body, now) => first('upsert', UPSERT, [tenant, body.userId, body.name ?? null, body.image ?? null,
      body.custom == null ? null : JSON.stringify(body.custom), now, 'name' in body, 'image' in body, 'custom' in body])
  }
}

module.exports = { openStore }
