extension Migration {
    /// Plans as data, limits by user, limits that only report, and usage by day.
    ///
    /// Days are numbers such as 20261121. Tenants are stored anew, since SQLite cannot take back that a plan is one of
    /// three names; what refers to them is checked at the commit. Counts by day name keys without referring to them:
    /// `''` stands for no key of the tenant's.
    static let plans = Migration(
        version: 7, name: "plans",
        sql: """
            CREATE TABLE plan (
                plan_id TEXT NOT NULL PRIMARY KEY CHECK (length(plan_id) BETWEEN 1 AND 63),
                name TEXT NOT NULL,
                rate INTEGER NOT NULL CHECK (rate >= 1),
                burst INTEGER NOT NULL CHECK (burst >= 1),
                quota INTEGER NOT NULL CHECK (quota >= 0),
                key_rate INTEGER CHECK (key_rate >= 1),
                key_burst INTEGER CHECK (key_burst >= 1),
                user_pairs INTEGER CHECK (user_pairs >= 1),
                user_window INTEGER CHECK (user_window >= 1),
                created_at INTEGER,
                CHECK ((key_rate IS NULL) = (key_burst IS NULL)),
                CHECK ((user_pairs IS NULL) = (user_window IS NULL))
            ) STRICT, WITHOUT ROWID;
            INSERT INTO plan (plan_id, name, rate, burst, quota) VALUES
                ('free', 'Free', 10, 50, 10000), ('pro', 'Pro', 100, 500, 100000),
                ('enterprise', 'Enterprise', 1000, 5000, 1000000);

            PRAGMA defer_foreign_keys = ON;
            CREATE TABLE tenant_before AS SELECT * FROM tenant;
            DROP TABLE tenant;
            CREATE TABLE tenant (
                tenant_id TEXT NOT NULL PRIMARY KEY CHECK (length(tenant_id) BETWEEN 1 AND 63),
                name TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
                plan TEXT NOT NULL REFERENCES plan,
                rate INTEGER CHECK (rate >= 1),
                burst INTEGER CHECK (burst >= 1),
                quota INTEGER CHECK (quota >= 0),
                token_life INTEGER NOT NULL CHECK (token_life BETWEEN 60 AND 86400),
                xmpp_host TEXT,
                created_at INTEGER NOT NULL,
                deleted_at INTEGER,
                user_pairs INTEGER CHECK (user_pairs >= 1),
                user_window INTEGER CHECK (user_window >= 1),
                shadow TEXT NOT NULL DEFAULT '',
                CHECK ((user_pairs IS NULL) = (user_window IS NULL))
            ) STRICT, WITHOUT ROWID;
            INSERT INTO tenant
                (tenant_id, name, status, plan, rate, burst, quota, token_life, xmpp_host, created_at, deleted_at)
            SELECT tenant_id, name, status, plan, rate, burst, quota, token_life, xmpp_host, created_at, deleted_at
            FROM tenant_before;
            DROP TABLE tenant_before;

            CREATE TABLE issued_day (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                day INTEGER NOT NULL,
                api_key_id TEXT NOT NULL,
                pairs INTEGER NOT NULL CHECK (pairs > 0),
                PRIMARY KEY (tenant_id, day, api_key_id)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE day_count (
                tenant_id TEXT NOT NULL REFERENCES tenant,
                day INTEGER NOT NULL,
                api_key_id TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('verification', 'refusal', 'shadow')),
                code TEXT NOT NULL,
                count INTEGER NOT NULL CHECK (count > 0),
                PRIMARY KEY (tenant_id, day, api_key_id, kind, code)
            ) STRICT, WITHOUT ROWID;
            """)
}
