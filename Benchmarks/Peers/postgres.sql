-- What every peer on PostgreSQL stores; ours has its own schema. The benchmark creates and seeds it before they start.
-- "text" for the custom metadata: as fast as it gets, and it keeps the bytes; jsonb would cost the peers time.
CREATE TABLE tenant (
    id text PRIMARY KEY,
    rate double precision NOT NULL,
    burst double precision NOT NULL
);
CREATE TABLE api_key (
    id text PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES tenant (id),
    hash bytea NOT NULL UNIQUE,
    scopes text NOT NULL
);
CREATE TABLE signing_key (
    kid text PRIMARY KEY,
    tenant_id text NOT NULL REFERENCES tenant (id),
    secret bytea NOT NULL
);
CREATE TABLE chat_user (
    tenant_id text NOT NULL,
    user_id text NOT NULL,
    name text,
    image text,
    custom text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
