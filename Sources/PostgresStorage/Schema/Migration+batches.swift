extension Migration {
    /// `issue_batch`, which does what `issue_users` does with less work: one function instead of two, fewer statements,
    /// and of the users' partitions the one that matters.
    ///
    /// Arguments, answers and locks are those of `issue_users`, which nodes of the release before still call.
    ///
    /// A statement on all partitions is set up for each of them, which for MERGE costs more than it then does. So a
    /// batch of one tenant names its partition. Which it is follows from how the server hashes one column of text, the
    /// seed and the term it adds being constants (`HASH_PARTITION_SEED` in catalog/partition.h, `hash_combine64` in
    /// common/hashfn.h); the migration refuses a server that does otherwise. A batch of several tenants is for all.
    static let batches = Migration(
        version: 11, name: "batches",
        sql: """
            CREATE FUNCTION user_partition(owner text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
            RETURN ((hashtextextended(owner, 8816678312871386365) & 15) + 3) & 15;

            DO $$
            BEGIN
                IF EXISTS (
                    SELECT FROM generate_series(1, 64) AS g(number), LATERAL (SELECT md5(g.number::text)) AS t(owner)
                    WHERE NOT satisfies_hash_partition('"user"'::regclass, 16, user_partition(t.owner)::integer, t.owner)
                ) THEN
                    RAISE EXCEPTION 'the server hashes partitions in a way that is not known';
                END IF;
            END $$;

            CREATE FUNCTION issue_batch(
                not_after bigint, moment bigint, tenants text[], months bigint[], counts bigint[], limits bigint[],
                ids text[], names text[], images text[], customs text[], owners text[], kept bigint[], pairs bigint[],
                quotas bigint[], key_tenants text[], days bigint[], keys text[], key_counts bigint[]
            ) RETURNS bigint[] LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
            SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off
            SET lock_timeout = '3s'
            AS $$
            #variable_conflict use_column
            DECLARE
                owner text = tenants[1];
                leaf bigint;
                is_mixed boolean = NOT months[1] = ALL (months);
                stored record;
                refused bigint[];
                grown bigint;
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
                    SELECT s.name, s.image, s.custom, s.deactivated_at INTO stored
                    FROM "user" AS s WHERE s.tenant_id = owner AND s.user_id = ids[1];
                    IF NOT FOUND THEN
                        INSERT INTO "user" (tenant_id, user_id, name, image, custom, created_at, updated_at)
                        VALUES (owner, ids[1], names[1], images[1], customs[1], moment, moment);
                    ELSIF stored.deactivated_at IS NOT NULL THEN
                        PERFORM refuse_user(1, is_mixed);
                        refused = '{1}';
                    ELSIF stored.name IS DISTINCT FROM names[1] OR stored.image IS DISTINCT FROM images[1]
                        OR stored.custom IS DISTINCT FROM customs[1]
                    THEN
                        UPDATE "user" AS s
                        SET name = names[1], image = images[1], custom = customs[1], updated_at = moment
                        WHERE s.tenant_id = owner AND s.user_id = ids[1] AND s.deactivated_at IS NULL
                            AND \(isStale(stored: "s", given: { "\($0)s[1]" }, kept: "kept[1]")) IS NOT TRUE;
                        IF NOT FOUND THEN
                            PERFORM refuse_user(1, true);
                        END IF;
                    END IF;
                ELSIF owners IS NULL THEN
                    leaf = user_partition(owner);
                    \(mergeByPartition)
                ELSE
                    \(mergeUsers(into: #""user""#, of: "i.tenant_id"))
                END IF;

                IF cardinality(ids) > 1 THEN
                    refused = string_to_array(ltrim(current_setting('chat_tokens.refused', true)), ' ');
                END IF;
                IF cardinality(refused) > 0 THEN
                    IF cardinality(keys) > cardinality(tenants) THEN
                        RAISE EXCEPTION 'several keys asked for a deactivated user'
                            USING ERRCODE = 'serialization_failure';
                    END IF;
                    FOR i IN 1..cardinality(tenants) LOOP
                        SELECT coalesce(sum(coalesce(p.pairs, 1)), 0) INTO grown
                        FROM unnest(ids, owners, issue_batch.pairs) WITH ORDINALITY AS p(id, tenant_id, pairs, place)
                        WHERE p.place = ANY (refused) AND coalesce(p.tenant_id, owner) = tenants[i];
                        CONTINUE WHEN grown = 0;
                        UPDATE issued_month AS m SET pairs = m.pairs - grown
                        WHERE m.tenant_id = tenants[i] AND m.month = months[i];
                        counts[i] = counts[i] - grown;
                        key_counts[array_position(key_tenants, tenants[i])] = counts[i];
                    END LOOP;
                END IF;

                FOR i IN 1..cardinality(keys) LOOP
                    CONTINUE WHEN key_counts[i] = 0;
                    UPDATE issued_day AS d SET pairs = d.pairs + key_counts[i]
                    WHERE d.tenant_id = key_tenants[i] AND d.day = days[i] AND d.api_key_id = keys[i];
                    CONTINUE WHEN FOUND;
                    INSERT INTO issued_day (tenant_id, day, api_key_id, pairs)
                    VALUES (key_tenants[i], days[i], keys[i], key_counts[i]);
                END LOOP;

                FOR i IN 1..coalesce(cardinality(quotas), 0) LOOP
                    CONTINUE WHEN quotas[i] IS NULL;
                    INSERT INTO day_count AS d (tenant_id, day, api_key_id, kind, code, count)
                    SELECT m.tenant_id, k.day, '', 'shadow', 'quota', m.pairs - greatest(quotas[i], m.pairs - counts[i])
                    FROM issued_month AS m, LATERAL (
                        SELECT max(c.day) AS day FROM unnest(key_tenants, days) AS c(tenant_id, day)
                        WHERE c.tenant_id = tenants[i] AND c.day / 100 = months[i]
                    ) AS k
                    WHERE m.tenant_id = tenants[i] AND m.month = months[i]
                        AND m.pairs > greatest(quotas[i], m.pairs - counts[i])
                    ON CONFLICT ON CONSTRAINT day_count_pkey DO UPDATE SET count = d.count + excluded.count;
                END LOOP;
                RETURN server_clock() || coalesce(refused, '{}');
            END $$;
            """)

    /// Whether a field that was to stay is no longer what the caller had read.
    private static func isStale(stored: String, given: (String) -> String, kept: String) -> String {
        let fields = [(1, "name"), (2, "image"), (4, "custom")].map { bit, field in
            "\(kept) & \(bit) <> 0 AND \(stored).\(field) IS DISTINCT FROM \(given(field))"
        }
        return "(" + fields.joined(separator: " OR ") + ")"
    }

    private static var mergeByPartition: String {
        let branches = (0..<16).map { number in
            let table = number < 10 ? "user_0\(number)" : "user_\(number)"
            return "IF leaf = \(number) THEN\n" + mergeUsers(into: table, of: "owner")
        }
        return branches.joined(separator: "\nELS") + "\nEND IF;"
    }

    /// The statement that writes the users of a batch, given where they are and what to take for their tenant.
    private static func mergeUsers(into table: String, of tenant: String) -> String {
        """
        MERGE INTO \(table) AS u
        USING unnest(owners, ids, names, images, customs, kept) WITH ORDINALITY
            AS i(tenant_id, user_id, name, image, custom, kept, place)
        ON u.tenant_id = \(tenant) AND u.user_id = i.user_id
        WHEN MATCHED AND CASE
            WHEN u.deactivated_at IS NOT NULL THEN refuse_user(i.place, is_mixed)
            WHEN \(isStale(stored: "u", given: { "i.\($0)" }, kept: "i.kept")) THEN refuse_user(i.place, true)
            ELSE false
        END THEN DO NOTHING
        WHEN MATCHED AND u.deactivated_at IS NULL AND (
            u.name IS DISTINCT FROM i.name OR u.image IS DISTINCT FROM i.image OR u.custom IS DISTINCT FROM i.custom
        ) THEN
            UPDATE SET name = i.name, image = i.image, custom = i.custom, updated_at = moment
        WHEN NOT MATCHED THEN
            INSERT (tenant_id, user_id, name, image, custom, created_at, updated_at)
            VALUES (\(tenant), i.user_id, i.name, i.image, i.custom, moment, moment);
        """
    }
}
