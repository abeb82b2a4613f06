extension Migration {
    /// The function that carries out a batch of `POST /tokens` in one round trip, without a client in its middle.
    ///
    /// It gets the counts by tenant and month, with the most that may have been counted before, and the users as they
    /// shall be, all in ascending order. It answers whether all of it was done; if not, nothing was, because a quota
    /// does not suffice, a user is deactivated, or a field that was to stay (bits of `kept`: 1 name, 2 image, 4 custom) is no longer what the caller had read.
    ///
    /// The lock makes batches of one tenant take turns, on any number of nodes, until they are durable; whoever else
    /// writes users takes it too. It is not a lock of a row, so that a batch that only asks writes nothing. A function
    /// keeps its plans for as long as its server process lives, also behind a pooler that shares the process out. The
    /// settings force plans by index, since a plan made while a table is small would be kept when it is large; without
    /// `jit = off` the server would take their pretended costs for real and compile each call to machine code.
    static let issuing = Migration(
        version: 2, name: "issuing",
        sql: """
            CREATE FUNCTION issue_users(
                tenants text[], months bigint[], counts bigint[], limits bigint[],
                owners text[], ids text[], names text[], images text[], customs text[], kept bigint[], moments bigint[]
            ) RETURNS boolean LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan
            SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
            SET lock_timeout = '3s'
            AS $$
            DECLARE
                is_done boolean;
            BEGIN
                IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
                    PERFORM set_config('synchronous_commit', 'on', true);
                END IF;
                PERFORM pg_advisory_xact_lock(hashtextextended('chat-tokens user ' || tenant, 0))
                FROM unnest(tenants) AS tenant;
                WITH wanted AS MATERIALIZED (
                    SELECT i.*,
                        s.user_id IS NULL OR s.name IS DISTINCT FROM i.name OR s.image IS DISTINCT FROM i.image
                            OR s.custom IS DISTINCT FROM i.custom AS differs,
                        s.deactivated_at IS NOT NULL
                            OR i.kept & 1 <> 0 AND s.name IS DISTINCT FROM i.name
                            OR i.kept & 2 <> 0 AND s.image IS DISTINCT FROM i.image
                            OR i.kept & 4 <> 0 AND s.custom IS DISTINCT FROM i.custom AS surprises
                    FROM unnest(owners, ids, names, images, customs, kept, moments)
                        AS i(tenant_id, user_id, name, image, custom, kept, moment)
                    LEFT JOIN "user" AS s ON s.tenant_id = i.tenant_id AND s.user_id = i.user_id
                ), verdict AS MATERIALIZED (
                    SELECT NOT EXISTS (SELECT FROM wanted WHERE surprises) AND NOT EXISTS (
                        SELECT FROM unnest(tenants, months, limits) AS g(tenant_id, month, most)
                        LEFT JOIN issued_month AS m ON m.tenant_id = g.tenant_id AND m.month = g.month
                        WHERE coalesce(m.pairs, 0) > g.most
                    ) AS is_fine
                ), written AS (
                    INSERT INTO "user" AS u (tenant_id, user_id, name, image, custom, created_at, updated_at)
                    SELECT w.tenant_id, w.user_id, w.name, w.image, w.custom, w.moment, w.moment
                    FROM verdict, wanted AS w WHERE is_fine AND differs
                    ON CONFLICT (tenant_id, user_id) DO UPDATE SET
                        name = excluded.name, image = excluded.image, custom = excluded.custom,
                        updated_at = excluded.updated_at
                ), counted AS (
                    INSERT INTO issued_month AS m (tenant_id, month, pairs)
                    SELECT g.tenant_id, g.month, g.pairs
                    FROM verdict, unnest(tenants, months, counts) AS g(tenant_id, month, pairs) WHERE is_fine
                    ON CONFLICT (tenant_id, month) DO UPDATE SET pairs = m.pairs + excluded.pairs
                )
                SELECT is_fine INTO is_done FROM verdict;
                RETURN is_done;
            END $$;

            CREATE FUNCTION known_users(owners text[], ids text[])
            RETURNS TABLE (place bigint, name text, image text, custom text, is_deactivated boolean) LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan
            SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
            AS $$
            BEGIN
                RETURN QUERY SELECT i.place, s.name, s.image, s.custom, s.deactivated_at IS NOT NULL
                FROM unnest(owners, ids) WITH ORDINALITY AS i(tenant_id, user_id, place)
                JOIN "user" AS s ON s.tenant_id = i.tenant_id AND s.user_id = i.user_id;
            END $$;
            """)
}
