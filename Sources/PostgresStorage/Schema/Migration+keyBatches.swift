extension Migration {
    /// `issue_batch_for_key`, which does what `issue_batch` does where the batch is as most are: of one API key and one
    /// day, a pair for each user, no field to stay as stored, no quota that only counts.
    ///
    /// It asks nothing that such a batch need not be asked, and has no loops: with every call each statement is set up
    /// and each condition compiled anew. A single user is written by statements on that one row, since MERGE costs more
    /// before it begins. Order of locks, settings, durability and answers are those of `issue_batch`.
    static let keyBatches = Migration(
        version: 12, name: "key_batches",
        sql: """
            CREATE FUNCTION issue_batch_for_key(
                not_after bigint, moment bigint, owner text, this_month bigint, most bigint, this_day bigint, key text,
                ids text[], names text[], images text[], customs text[]
            ) RETURNS bigint[] LANGUAGE plpgsql AS $$
            #variable_conflict use_column
            DECLARE
                leaf bigint = user_partition(owner);
                grown bigint = cardinality(ids);
                refused bigint[];
                is_refused boolean;
                is_surprise boolean;
            BEGIN
                IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
                    PERFORM set_config('synchronous_commit', 'on', true);
                END IF;

                UPDATE issued_month AS m SET pairs = m.pairs + grown
                WHERE m.tenant_id = owner AND m.month = this_month AND m.pairs <= most;
                IF NOT FOUND THEN
                    INSERT INTO issued_month SELECT owner, this_month, grown WHERE most >= 0 ON CONFLICT DO NOTHING;
                    IF NOT FOUND THEN
                        RETURN ARRAY[server_clock(), 0];
                    END IF;
                END IF;
                IF server_clock() > not_after THEN
                    RAISE EXCEPTION 'a batch came too late' USING ERRCODE = 'query_canceled';
                END IF;

                IF satisfies_hash_partition('"user"'::regclass, 16, leaf::integer, owner) THEN
                    \(byPartition(0..<16, writeUsers))
                ELSE
                    \(mergeUsers(into: #""user""#))
                END IF;
                IF is_refused THEN
                    refused = ARRAY[1];
                ELSIF is_surprise THEN
                    RAISE EXCEPTION 'another node changed the same user' USING ERRCODE = 'serialization_failure';
                END IF;
                IF refused <> '{}' THEN
                    grown = grown - cardinality(refused);
                    UPDATE issued_month AS m SET pairs = m.pairs - cardinality(refused)
                    WHERE m.tenant_id = owner AND m.month = this_month;
                END IF;

                UPDATE issued_day AS d SET pairs = d.pairs + grown
                WHERE d.tenant_id = owner AND d.day = this_day AND d.api_key_id = key;
                IF NOT FOUND THEN
                    INSERT INTO issued_day (tenant_id, day, api_key_id, pairs)
                    SELECT owner, this_day, key, grown WHERE grown > 0;
                END IF;
                RETURN server_clock() || refused;
            END $$;
            """)

    private static func writeUsers(into table: String) -> String {
        """
        IF grown = 1 THEN
            \(writeUser(into: table))
        ELSE
            \(mergeUsers(into: table))
        END IF;
        """
    }

    /// The statements for a single user; one who stays the same is only read.
    ///
    /// Who is found to differ only after the update changed in between. Who was erased in between is a new user, as
    /// after the erasure.
    private static func writeUser(into table: String) -> String {
        let differs = """
            (u.name IS DISTINCT FROM names[1] OR u.image IS DISTINCT FROM images[1]
                OR u.custom IS DISTINCT FROM customs[1])
            """
        return """
            UPDATE \(table) AS u SET name = names[1], image = images[1], custom = customs[1], updated_at = moment
            WHERE u.tenant_id = owner AND u.user_id = ids[1] AND u.deactivated_at IS NULL AND \(differs);
            IF NOT FOUND THEN
                SELECT u.deactivated_at IS NOT NULL, \(differs) INTO is_refused, is_surprise
                FROM \(table) AS u WHERE u.tenant_id = owner AND u.user_id = ids[1];
                IF NOT FOUND THEN
                    INSERT INTO \(table) (tenant_id, user_id, name, image, custom, created_at, updated_at)
                    VALUES (owner, ids[1], names[1], images[1], customs[1], moment, moment);
                END IF;
            END IF;
            """
    }

    private static func mergeUsers(into table: String) -> String {
        """
        MERGE INTO \(table) AS u
        USING unnest(ids, names, images, customs) WITH ORDINALITY AS i(user_id, name, image, custom, place)
        ON u.tenant_id = owner AND u.user_id = i.user_id
        WHEN MATCHED AND CASE
            WHEN u.deactivated_at IS NOT NULL THEN NOT refuse_user(i.place, false)
            ELSE false
        END THEN DO NOTHING
        WHEN MATCHED AND (
            u.name IS DISTINCT FROM i.name OR u.image IS DISTINCT FROM i.image OR u.custom IS DISTINCT FROM i.custom
        ) THEN
            UPDATE SET name = i.name, image = i.image, custom = i.custom, updated_at = moment
        WHEN NOT MATCHED THEN
            INSERT (tenant_id, user_id, name, image, custom, created_at, updated_at)
            VALUES (owner, i.user_id, i.name, i.image, i.custom, moment, moment);
        refused = string_to_array(ltrim(current_setting('chat_tokens.refused', true)), ' ');
        """
    }
}
