extension Migration {
    /// Tenants, their keys, their users, what was issued, and the change log.
    ///
    /// Times are milliseconds since 1970 (UTC), months are numbers such as 202611. Identifiers compare by bytes, as in
    /// Swift. A user refers to no tenant: who writes one counts its pair too, and the count refers to the tenant; a
    /// check of every row would cost as much as its write. Pages of users and counts keep room, so that most updates
    /// stay within their page and touch no index.
    static let foundation = Migration(
        version: 1, name: "foundation",
        sql: """
            CREATE TABLE tenant (
                tenant_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(tenant_id) BETWEEN 1 AND 63),
                name text NOT NULL,
                status text NOT NULL CHECK (status IN ('active', 'suspended')),
                plan text NOT NULL CHECK (plan IN ('free', 'pro', 'enterprise')),
                rate bigint CHECK (rate >= 1),
                burst bigint CHECK (burst >= 1),
                quota bigint CHECK (quota >= 0),
                token_life bigint NOT NULL CHECK (token_life BETWEEN 60 AND 86400),
                xmpp_host text,
                created_at bigint NOT NULL
            );

            CREATE TABLE token_claim (
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                position bigint NOT NULL CHECK (position >= 0),
                name text NOT NULL,
                PRIMARY KEY (tenant_id, position)
            );

            CREATE TABLE signing_key (
                kid text COLLATE "C" NOT NULL PRIMARY KEY CHECK (kid <> ''),
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                algorithm text NOT NULL CHECK (algorithm IN ('HS256', 'ES256', 'EdDSA', 'RS256')),
                state text NOT NULL CHECK (state IN ('standby', 'active', 'retired', 'revoked')),
                sealed bytea NOT NULL CHECK (length(sealed) > 0),
                created_at bigint NOT NULL,
                changed_at bigint NOT NULL
            );
            CREATE INDEX signing_key_by_tenant ON signing_key (tenant_id, created_at, kid);
            CREATE UNIQUE INDEX signing_key_active ON signing_key (tenant_id) WHERE state = 'active';

            CREATE TABLE api_key (
                api_key_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(api_key_id) = 12),
                owner text NOT NULL CHECK (owner IN ('tenant', 'node', 'operator')),
                tenant_id text COLLATE "C" REFERENCES tenant,
                name text NOT NULL,
                scopes text NOT NULL,
                secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
                former_hash bytea CHECK (length(former_hash) = 32),
                former_until bigint,
                created_at bigint NOT NULL,
                expires_at bigint,
                revoked_at bigint,
                revoked_reason text,
                CHECK ((owner = 'tenant') = (tenant_id IS NOT NULL)),
                CHECK ((former_hash IS NULL) = (former_until IS NULL)),
                CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
            );
            CREATE INDEX api_key_by_owner ON api_key (owner, tenant_id, created_at, api_key_id);

            CREATE TABLE "user" (
                tenant_id text COLLATE "C" NOT NULL,
                user_id text COLLATE "C" NOT NULL CHECK (length(user_id) BETWEEN 1 AND 255),
                name text,
                image text,
                custom text,
                created_at bigint NOT NULL,
                updated_at bigint NOT NULL,
                deactivated_at bigint,
                PRIMARY KEY (tenant_id, user_id)
            ) PARTITION BY HASH (tenant_id);
            DO $$
            BEGIN
                FOR part IN 0..15 LOOP
                    EXECUTE format(
                        'CREATE TABLE user_%s PARTITION OF "user" FOR VALUES WITH (MODULUS 16, REMAINDER %s) '
                        'WITH (fillfactor = 85)',
                        to_char(part, 'FM00'), part);
                END LOOP;
            END $$;

            CREATE TABLE issued_month (
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                month bigint NOT NULL,
                pairs bigint NOT NULL CHECK (pairs >= 0),
                PRIMARY KEY (tenant_id, month)
            ) WITH (fillfactor = 10);

            CREATE SEQUENCE change_log_sequence;
            CREATE TABLE change_log (
                sequence bigint NOT NULL,
                subject text NOT NULL CHECK (subject IN ('tenant', 'api_key')),
                subject_id text COLLATE "C" NOT NULL,
                changed_at bigint NOT NULL,
                PRIMARY KEY (sequence, changed_at)
            ) PARTITION BY RANGE (changed_at);
            CREATE TABLE change_log_other PARTITION OF change_log DEFAULT;

            CREATE TABLE deployment (
                name text NOT NULL PRIMARY KEY,
                value bytea NOT NULL
            );
            """)
}
