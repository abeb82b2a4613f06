//go:build postgres

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

var errNoRows = pgx.ErrNoRows

// database is pgx's pool. Each connection prepares a statement when it first sees it and keeps it: pgx's default.
type database struct {
	pool *pgxpool.Pool
}

const upsertSQL = `INSERT INTO chat_user AS stored (tenant_id, user_id, name, image, custom, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (tenant_id, user_id) DO UPDATE SET
	name = CASE WHEN $7 THEN excluded.name ELSE stored.name END,
	image = CASE WHEN $8 THEN excluded.image ELSE stored.image END,
	custom = CASE WHEN $9 THEN excluded.custom ELSE stored.custom END,
	updated_at = excluded.updated_at
RETURNING name, image, custom`

const keySQL = `SELECT api_key.id, api_key.tenant_id, scopes, rate, burst, kid, secret FROM api_key
JOIN tenant ON tenant.id = api_key.tenant_id
JOIN signing_key ON signing_key.tenant_id = tenant.id WHERE hash = $1`

func openDatabase(address string) (*database, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	connections, err := strconv.Atoi(setting("POOL", "16"))
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(connections)
	pool, err := pgxpool.ConnectConfig(context.Background(), config)
	return &database{pool}, err
}

func (d *database) findKey(hash []byte, into ...interface{}) error {
	return d.pool.QueryRow(context.Background(), keySQL, hash).Scan(into...)
}

// upsert is durable when it returns: one statement, one transaction.
func (d *database) upsert(tenant string, request *issueRequest, now time.Time) (user storedUser, err error) {
	err = d.pool.QueryRow(context.Background(), upsertSQL,
		tenant, *request.UserID, request.Name.value, request.Image.value, request.Custom.text(), now.Unix(),
		request.Name.present, request.Image.present, request.Custom.present,
	).Scan(&user.name, &user.image, &user.custom)
	return user, err
}
