'use strict'
const crypto = require('node:crypto')

/** API keys by SHA-256 hash, cached; GCRA per tenant. */
class Access {
  constructor (store) {
    this.store = store
    this.keys = new Map()
    this.arrivals = new Map()
  }

  cached (presented = '') {
    return this.keys.get(crypto.createHash('sha256').update(presented).digest('base64'))
  }

  async load (presented = '') {
    const hash = crypto.createHash('sha256').update(presented).digest()
    const row = await this.store.key(hash)
    if (!row) return undefined
    const key = { ...row, scopes: new Set(row.scopes.split(' ')), secret: crypto.createSecretKey(row.secret) }
    this.keys.set(hash.toString('base64'), key)
    return key
  }

  admit (key) {
    const now = performance.now() / 1000
    const arrival = Math.max(this.arrivals.get(key.tenant) ?? now, now) + 1 / key.rate
    const room = key.burst / key.rate - (arrival - now)
    if (room >= 0) this.arrivals.set(key.tenant, arrival)
    const reset = Math.ceil(arrival - now)
    const headers = {
      'Cache-Control': 'no-store',
      'RateLimit-Policy': `"tenant";q=${key.burst};w=${Math.ceil(key.burst / key.rate)}`,
      RateLimit: `"tenant";r=${Math.max(0, Math.floor(room * key.rate))};t=${reset}`
    }
    if (room < 0) headers['Retry-After'] = String(reset)
    return { admitted: room >= 0, headers }
  }
}

module.exports = { Access }
