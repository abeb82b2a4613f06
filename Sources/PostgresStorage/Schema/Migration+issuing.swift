extension Migration {
    /// The function that carries out a batch of `POST /tokens` in one round trip, without a client in its middle.
    ///
    /// It gets the counts by tenant and month with the most that may have been counted before, and the users as they
    /// shall be, all in ascending order. `owners` is NULL where the batch has one tenant, `pairs` where every user has
    /// one pair, `kept` where no field is to stay as stored (bits 1 name, 2 image, 4 custom, with what the caller has
    /// read). It answers the server's clock and then the places of deactivated users, for whom nothing was done nor
    /// counted; or the clock and 0, and nothing was done, because a quota does not suffice. It fails with SQLSTATE 40001
    /// where another node was faster, and what the caller had read is no longer so.
    ///
    /// The rows of `issued_month` are locked first: batches of one tenant take turns, on any number of nodes, until
    /// they are durable. Whoever has his turn after `not_after`, the moment at which the caller gives up, does nothing:
    /// the caller's next batch may be through already, and must not be undone by an earlier one that was held up. A
    /// user who stays the same is only read.
    ///
    /// A function keeps its plans for as long as its server process lives, also behind a pooler that shares the process
    /// out. The settings force plans by index, since a plan made while a table is small would be kept when it is large;
    /// without `jit = off` the server would take their pretended costs for real and compile each call to machine code.
    static let issuing = Migration(
        version: 2, name: "issuing",
        sql: """
            CREATE FUNCTION refuse_user(place bigint, is_surprise boolean) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                IF is_surprise THEN
                    RAISE EXCEPTION 'another node changed the same user' USING ERRCODE = 'serialization_failure';
                END IF;
                -- MERGE has no RETURNING before PostgreSQL 17; a setting of the transaction takes the note.
                PERFORM set_config(
                    'chat_tokens.refused', concat(current_setting('chat_tokens.refused', true), ' ', place), true);
                RETURN false;
            END $$;

            CREATE FUNCTION issue_users(
                not_after bigint, moment bigint, tenants text[], months bigint[], counts bigint[], limits bigint[],
                ids text[], names text[], images text[], customs text[], owners text[], kept bigint[], pairs bigint[]
            ) RETURNS bigint[] LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
            SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off
            SET lock_timeout = '3s'
            AS $$
            DECLARE
                is_mixed boolean = NOT months[1] = ALL (months);
                refused bigint[];
            BEGIN
                IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
                    PERFORM set_config('synchronous_commit', 'on', true);
                END IF;

                FOR i IN 1..cardinality(tenants) LOOP
                    UPDATE issued_month AS m SET pairs = m.pairs + counts[i]
                    WHERE m.tenant_id = tenants[i] AND m.month = months[i] AND m.pairs <= limits[i];
                    CONTINUE WHEN FOUND;
                    INSERT INTO issued_month SELECT tenants[i], months[i], counts[i] WHERE limits[i] >= 0
                    ON CONFLICT DO NOTHING;
                    CONTINUE WHEN FOUND;
                    FOR j IN 1..i - 1 LOOP
                        UPDATE issued_month AS m SET pairs = m.pairs - counts[j]
                        WHERE m.tenant_id = tenants[j] AND m.month = months[j];
                    END LOOP;
                    RETURN ARRAY[server_clock(), 0];
                END LOOP;
                IF server_clock() > not_after THEN
                    RAISE EXCEPTION 'a batch came too late' USING ERRCODE = 'query_canceled';
                END IF;

                IF cardinality(ids) = 1 THEN
                    UPDATE "user" AS u
                    SET name = i.name, image = i.image, custom = i.custom, updated_at = issue_users.moment
                    FROM (
                        SELECT names[1] AS name, images[1] AS image, customs[1] AS custom, issue_users.kept[1] AS kept
                    ) AS i
                    WHERE u.tenant_id = tenants[1] AND u.user_id = ids[1] AND u.deactivated_at IS NULL
                        AND \(differs) AND \(isStale) IS NOT TRUE;
                    IF NOT FOUND THEN
                        PERFORM CASE
                            WHEN u.deactivated_at IS NOT NULL THEN refuse_user(1, is_mixed)
                            WHEN \(isStale) THEN refuse_user(1, true)
                        END
                        FROM "user" AS u, (
                            SELECT names[1] AS name, images[1] AS image, customs[1] AS custom,
                                issue_users.kept[1] AS kept
                        ) AS i
                        WHERE u.tenant_id = tenants[1] AND u.user_id = ids[1];
                        IF NOT FOUND THEN
                            INSERT INTO "user" (tenant_id, user_id, name, image, custom, created_at, updated_at)
                            VALUES (tenants[1], ids[1], names[1], images[1], customs[1], moment, moment);
                        END IF;
                    END IF;
                -- With the tenant given, the server finds the one partition before it begins.
                ELSIF owners IS NULL THEN
                    \(mergeUsers(of: "tenants[1]"))
                ELSE
                    \(mergeUsers(of: "i.tenant_id"))
                END IF;

                refused = string_to_array(ltrim(current_setting('chat_tokens.refused', true)), ' ');
                IF cardinality(refused) > 0 THEN
                    UPDATE issued_month AS m SET pairs = m.pairs - r.pairs
                    FROM (
                        SELECT coalesce(p.tenant_id, tenants[1]) AS tenant_id, sum(coalesce(p.pairs, 1)) AS pairs
                        FROM unnest(ids, owners, issue_users.pairs) WITH ORDINALITY AS p(id, tenant_id, pairs, place)
                        WHERE p.place = ANY (refused) GROUP BY 1
                    ) AS r
                    WHERE m.tenant_id = r.tenant_id AND m.month = months[1];
                END IF;
                RETURN server_clock() || coalesce(refused, '{}');
            END $$;

            CREATE FUNCTION known_users(owners text[], ids text[])
            RETURNS TABLE (place bigint, name text, image text, custom text, is_deactivated boolean) LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
            SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off
            AS $$
            BEGIN
                RETURN QUERY SELECT i.place, s.name, s.image, s.custom, s.deactivated_at IS NOT NULL
                FROM unnest(owners, ids) WITH ORDINALITY AS i(tenant_id, user_id, place)
                LEFT JOIN "user" AS s ON s.tenant_id = i.tenant_id AND s.user_id = i.user_id
                WHERE s.user_id IS NOT NULL;
            END $$;

            -- Milliseconds since 1970 by the server's clock, which goes on within a transaction.
            CREATE FUNCTION server_clock() RETURNS bigint LANGUAGE sql VOLATILE
            RETURN floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint;
            """)

    private static let differs = """
        (u.name IS DISTINCT FROM i.name OR u.image IS DISTINCT FROM i.image OR u.custom IS DISTINCT FROM i.custom)
        """

    /// Whether a field that was to stay is no longer what the caller had read.
    private static let isStale = """
        (i.kept & 1 <> 0 AND u.name IS DISTINCT FROM i.name OR i.kept & 2 <> 0 AND u.image IS DISTINCT FROM i.image
            OR i.kept & 4 <> 0 AND u.custom IS DISTINCT FROM i.custom)
        """

    /// The statement that writes the users of a batch, given what to take for their tenant.
    private static func mergeUsers(of tenant: String) -> String {
        """
        MERGE INTO "user" AS u
        USING unnest(owners, ids, names, images, customs, kept) WITH ORDINALITY
            AS i(tenant_id, user_id, name, image, custom, kept, place)
        ON u.tenant_id = \(tenant) AND u.user_id = i.user_id
        WHEN MATCHED AND CASE
            WHEN u.deactivated_at IS NOT NULL THEN refuse_user(i.place, is_mixed)
            WHEN \(isStale) THEN refuse_user(i.place, true)
            ELSE false
        END THEN DO NOTHING
        WHEN MATCHED AND u.deactivated_at IS NULL AND \(differs) THEN
            UPDATE SET name = i.name, image = i.image, custom = i.custom, updated_at = issue_users.moment
        WHEN NOT MATCHED THEN
            INSERT (tenant_id, user_id, name, image, custom, created_at, updated_at)
            VALUES (\(tenant), i.user_id, i.name, i.image, i.custom, issue_users.moment, issue_users.moment);
        """
    }
}
