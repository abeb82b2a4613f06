extension Migration {
    /// Plans as data, limits by user, limits that only report, and usage by day.
    ///
    /// Days are numbers such as 20261121. Counts by day name keys without referring to them: `''` stands for no key of
    /// the tenant's.
    ///
    /// The new `issue_users` has the one before do its work, which nodes of the release before still call, and counts
    /// in the same transaction: by day and key, and what is beyond quotas that only count. The rows of `issued_month`
    /// are locked by then, so that nobody waits for a row here. Where the work was not done for deactivated users and a
    /// tenant has several keys in the batch, nobody here knows whose pairs those were: the caller is told to look and
    /// decide anew.
    static let plans = Migration(
        version: 8, name: "plans",
        sql: """
            CREATE TABLE plan (
                plan_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(plan_id) BETWEEN 1 AND 63),
                name text NOT NULL,
                rate bigint NOT NULL CHECK (rate >= 1),
                burst bigint NOT NULL CHECK (burst >= 1),
                quota bigint NOT NULL CHECK (quota >= 0),
                key_rate bigint CHECK (key_rate >= 1),
                key_burst bigint CHECK (key_burst >= 1),
                user_pairs bigint CHECK (user_pairs >= 1),
                user_window bigint CHECK (user_window >= 1),
                created_at bigint,
                CHECK ((key_rate IS NULL) = (key_burst IS NULL)),
                CHECK ((user_pairs IS NULL) = (user_window IS NULL))
            );
            INSERT INTO plan (plan_id, name, rate, burst, quota) VALUES
                ('free', 'Free', 10, 50, 10000), ('pro', 'Pro', 100, 500, 100000),
                ('enterprise', 'Enterprise', 1000, 5000, 1000000);

            ALTER TABLE tenant
                DROP CONSTRAINT tenant_plan_check,
                ADD CONSTRAINT tenant_plan_fkey FOREIGN KEY (plan) REFERENCES plan,
                ADD COLUMN user_pairs bigint CHECK (user_pairs >= 1),
                ADD COLUMN user_window bigint CHECK (user_window >= 1),
                ADD COLUMN shadow text NOT NULL DEFAULT '',
                ADD CHECK ((user_pairs IS NULL) = (user_window IS NULL));

            CREATE TABLE issued_day (
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                day bigint NOT NULL,
                api_key_id text COLLATE "C" NOT NULL,
                pairs bigint NOT NULL CHECK (pairs > 0),
                PRIMARY KEY (tenant_id, day, api_key_id)
            ) WITH (fillfactor = 50);

            CREATE TABLE day_count (
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                day bigint NOT NULL,
                api_key_id text COLLATE "C" NOT NULL,
                kind text COLLATE "C" NOT NULL CHECK (kind IN ('verification', 'refusal', 'shadow')),
                code text COLLATE "C" NOT NULL,
                count bigint NOT NULL CHECK (count > 0),
                PRIMARY KEY (tenant_id, day, api_key_id, kind, code)
            ) WITH (fillfactor = 50);

            CREATE FUNCTION issue_users(
                not_after bigint, moment bigint, tenants text[], months bigint[], counts bigint[], limits bigint[],
                ids text[], names text[], images text[], customs text[], owners text[], kept bigint[], pairs bigint[],
                quotas bigint[], key_tenants text[], days bigint[], keys text[], key_counts bigint[]
            ) RETURNS bigint[] LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
            SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off
            SET lock_timeout = '3s'
            AS $$
            DECLARE
                answer bigint[] = issue_users(
                    not_after, moment, tenants, months, counts, limits, ids, names, images, customs, owners, kept, pairs);
                grown bigint;
            BEGIN
                IF answer[2] = 0 THEN
                    RETURN answer;
                END IF;
                IF cardinality(answer) > 1 THEN
                    IF cardinality(keys) > cardinality(tenants) THEN
                        RAISE EXCEPTION 'several keys asked for a deactivated user'
                            USING ERRCODE = 'serialization_failure';
                    END IF;
                    key_counts = ARRAY(
                        SELECT (k.total - coalesce((
                            SELECT sum(coalesce(p.total, 1))
                            FROM unnest(ids, owners, issue_users.pairs) WITH ORDINALITY
                                AS p(id, tenant_id, total, place)
                            WHERE p.place = ANY (answer[2:]) AND coalesce(p.tenant_id, tenants[1]) = k.tenant_id
                        ), 0))::bigint
                        FROM unnest(key_tenants, key_counts) WITH ORDINALITY AS k(tenant_id, total, place)
                        ORDER BY k.place
                    );
                END IF;

                INSERT INTO issued_day AS d (tenant_id, day, api_key_id, pairs)
                SELECT k.tenant_id, k.day, k.api_key_id, k.total
                FROM unnest(key_tenants, days, keys, key_counts) AS k(tenant_id, day, api_key_id, total)
                WHERE k.total > 0
                ON CONFLICT ON CONSTRAINT issued_day_pkey DO UPDATE SET pairs = d.pairs + excluded.pairs;

                FOR i IN 1..coalesce(cardinality(quotas), 0) LOOP
                    CONTINUE WHEN quotas[i] IS NULL;
                    grown = counts[i];
                    IF cardinality(answer) > 1 THEN
                        grown = (
                            SELECT sum(k.total) FROM unnest(key_tenants, key_counts) AS k(tenant_id, total)
                            WHERE k.tenant_id = tenants[i]
                        );
                    END IF;
                    INSERT INTO day_count AS d (tenant_id, day, api_key_id, kind, code, count)
                    SELECT m.tenant_id, k.day, '', 'shadow', 'quota', m.pairs - greatest(quotas[i], m.pairs - grown)
                    FROM issued_month AS m, LATERAL (
                        SELECT max(c.day) AS day FROM unnest(key_tenants, days) AS c(tenant_id, day)
                        WHERE c.tenant_id = tenants[i] AND c.day / 100 = months[i]
                    ) AS k
                    WHERE m.tenant_id = tenants[i] AND m.month = months[i]
                        AND m.pairs > greatest(quotas[i], m.pairs - grown)
                    ON CONFLICT ON CONSTRAINT day_count_pkey DO UPDATE SET count = d.count + excluded.count;
                END LOOP;
                RETURN answer;
            END $$;
            """)
}
