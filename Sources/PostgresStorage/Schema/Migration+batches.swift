extension Migration {
    /// `issue_batch`, which does what `issue_users` does with less work: one function instead of two, fewer statements,
    /// and of the users' partitions the one that matters.
    ///
    /// Arguments and answers are those of `issue_users`, which nodes of the release before still call. Settings of a
    /// function are set and taken back with every call; so the session that writes users has them for good
    /// (`Statement.issuing`), and `issue_batch_anywhere` is for the others. Without them plans may read whole tables
    /// and lock users in another order than they are given in; durability does not rest on them.
    ///
    /// A statement on all partitions is set up for each of them, which for MERGE costs more than it then does. So a
    /// batch of one tenant and month names its partition. Which it is follows from how the server hashes one column of
    /// text, the seed and the term it adds being constants (`HASH_PARTITION_SEED` in catalog/partition.h,
    /// `hash_combine64` in common/hashfn.h). `satisfies_hash_partition` makes sure of it; a server that hashes
    /// otherwise, or a batch of several tenants, goes by all. It also locks the whole table before the partition, as
    /// everybody else does: the other way round ends in a deadlock with a change of the table.
    ///
    /// Fields that are to stay of a user who is gone by now are not written: who erased the person meant it.
    static let batches = Migration(
        version: 11, name: "batches",
        sql: """
            CREATE FUNCTION user_partition(owner text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT
            RETURN ((hashtextextended(owner, 8816678312871386365) & 15) + 3) & 15;

            CREATE FUNCTION issue_batch(
                not_after bigint, moment bigint, tenants text[], months bigint[], counts bigint[], limits bigint[],
                ids text[], names text[], images text[], customs text[], owners text[], kept bigint[], pairs bigint[],
                quotas bigint[], key_tenants text[], days bigint[], keys text[], key_counts bigint[]
            ) RETURNS bigint[] LANGUAGE plpgsql AS $$
            #variable_conflict use_column
            DECLARE
                leaf bigint = user_partition(tenants[1]);
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

                IF owners IS NULL AND satisfies_hash_partition('"user"'::regclass, 16, leaf::integer, tenants[1]) THEN
                    \(byPartition(0..<16) { mergeUsers(into: $0, isMixed: false) })
                ELSE
                    \(mergeUsers(into: #""user""#, isMixed: true))
                END IF;

                IF current_setting('chat_tokens.refused', true) <> '' THEN
                    refused = string_to_array(ltrim(current_setting('chat_tokens.refused')), ' ');
                    IF cardinality(keys) > cardinality(tenants) THEN
                        RAISE EXCEPTION 'several keys asked for a deactivated user'
                            USING ERRCODE = 'serialization_failure';
                    END IF;
                    FOR i IN 1..cardinality(tenants) LOOP
                        SELECT sum(coalesce(p.pairs, 1)) INTO grown
                        FROM unnest(ids, owners, issue_batch.pairs) WITH ORDINALITY AS p(id, tenant_id, pairs, place)
                        WHERE p.place = ANY (refused) AND coalesce(p.tenant_id, tenants[1]) = tenants[i];
                        CONTINUE WHEN grown IS NULL;
                        UPDATE issued_month AS m SET pairs = m.pairs - grown
                        WHERE m.tenant_id = tenants[i] AND m.month = months[i];
                        counts[i] = counts[i] - grown;
                        key_counts[array_position(key_tenants, tenants[i])] = counts[i];
                    END LOOP;
                END IF;

                FOR i IN 1..cardinality(keys) LOOP
                    UPDATE issued_day AS d SET pairs = d.pairs + key_counts[i]
                    WHERE d.tenant_id = key_tenants[i] AND d.day = days[i] AND d.api_key_id = keys[i];
                    CONTINUE WHEN FOUND;
                    INSERT INTO issued_day (tenant_id, day, api_key_id, pairs)
                    SELECT key_tenants[i], days[i], keys[i], key_counts[i] WHERE key_counts[i] > 0;
                END LOOP;

                IF quotas IS NOT NULL THEN
                    FOR i IN 1..cardinality(quotas) LOOP
                        CONTINUE WHEN quotas[i] IS NULL;
                        INSERT INTO day_count AS d (tenant_id, day, api_key_id, kind, code, count)
                        SELECT m.tenant_id, k.day, '', 'shadow', 'quota',
                            m.pairs - greatest(quotas[i], m.pairs - counts[i])
                        FROM issued_month AS m, LATERAL (
                            SELECT max(c.day) AS day FROM unnest(key_tenants, days) AS c(tenant_id, day)
                            WHERE c.tenant_id = tenants[i] AND c.day / 100 = months[i]
                        ) AS k
                        WHERE m.tenant_id = tenants[i] AND m.month = months[i]
                            AND m.pairs > greatest(quotas[i], m.pairs - counts[i])
                        ON CONFLICT ON CONSTRAINT day_count_pkey DO UPDATE SET count = d.count + excluded.count;
                    END LOOP;
                END IF;
                RETURN server_clock() || refused;
            END $$;

            CREATE FUNCTION issue_batch_anywhere(
                not_after bigint, moment bigint, tenants text[], months bigint[], counts bigint[], limits bigint[],
                ids text[], names text[], images text[], customs text[], owners text[], kept bigint[], pairs bigint[],
                quotas bigint[], key_tenants text[], days bigint[], keys text[], key_counts bigint[]
            ) RETURNS bigint[] LANGUAGE plpgsql
            SET plan_cache_mode = force_generic_plan SET jit = off SET enable_seqscan = off
            SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off
            SET lock_timeout = '3s'
            AS $$
            BEGIN
                RETURN issue_batch(
                    not_after, moment, tenants, months, counts, limits, ids, names, images, customs, owners, kept, pairs,
                    quotas, key_tenants, days, keys, key_counts);
            END $$;
            """)

    /// Finds a tenant's partition by halving, as each comparison costs as much as reading a row.
    ///
    /// - Parameters:
    ///   - partitions: the numbers it may have.
    ///   - statements: what to do with the one of that name.
    /// - Returns: the statements that find it, for a function in which `leaf` is its number.
    static func byPartition(_ partitions: Range<Int>, _ statements: (_ table: String) -> String) -> String {
        guard partitions.count > 1 else {
            let number = partitions.lowerBound
            return statements(number < 10 ? "user_0\(number)" : "user_\(number)")
        }
        let middle = partitions.lowerBound + partitions.count / 2
        return """
            IF leaf < \(middle) THEN
            \(byPartition(partitions.lowerBound..<middle, statements))
            ELSE
            \(byPartition(middle..<partitions.upperBound, statements))
            END IF;
            """
    }

    /// The statement that writes the users of a batch, given where they are and whether they are of several tenants.
    private static func mergeUsers(into table: String, isMixed: Bool) -> String {
        let tenant = isMixed ? "coalesce(i.tenant_id, tenants[1])" : "tenants[1]"
        return """
            MERGE INTO \(table) AS u
            USING unnest(\(isMixed ? "owners, " : "")ids, names, images, customs, kept) WITH ORDINALITY
                AS i(\(isMixed ? "tenant_id, " : "")user_id, name, image, custom, kept, place)
            ON u.tenant_id = \(tenant) AND u.user_id = i.user_id
            WHEN MATCHED AND CASE
                WHEN u.deactivated_at IS NOT NULL THEN refuse_user(i.place, NOT months[1] = ALL (months))
                WHEN i.kept & 1 <> 0 AND u.name IS DISTINCT FROM i.name OR i.kept & 2 <> 0 AND u.image IS DISTINCT FROM i.image
                    OR i.kept & 4 <> 0 AND u.custom IS DISTINCT FROM i.custom THEN refuse_user(i.place, true)
                ELSE false
            END THEN DO NOTHING
            WHEN MATCHED AND u.deactivated_at IS NULL AND (
                u.name IS DISTINCT FROM i.name OR u.image IS DISTINCT FROM i.image OR u.custom IS DISTINCT FROM i.custom
            ) THEN
                UPDATE SET name = i.name, image = i.image, custom = i.custom, updated_at = moment
            WHEN NOT MATCHED AND CASE
                WHEN i.kept & 1 <> 0 AND i.name IS NOT NULL OR i.kept & 2 <> 0 AND i.image IS NOT NULL
                    OR i.kept & 4 <> 0 AND i.custom IS NOT NULL THEN refuse_user(i.place, true)
                ELSE false
            END THEN DO NOTHING
            WHEN NOT MATCHED THEN
                INSERT (tenant_id, user_id, name, image, custom, created_at, updated_at)
                VALUES (\(tenant), i.user_id, i.name, i.image, i.custom, moment, moment);
            """
    }
}
