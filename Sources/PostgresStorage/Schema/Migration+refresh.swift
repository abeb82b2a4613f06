extension Migration {
    /// The sealed key of refresh tokens, one row for each grant that can be refreshed, and the function that does it;
    /// sealed answers to requests that may come again.
    ///
    /// `counter` is that of the newest refresh token. Rows whose end has come are dead, and are deleted now and then.
    /// The function is the whole refresh in one round trip, so that no node that freezes in the middle holds a lock on
    /// the tenant's count; it answers what became of it, in the words of the program. Plans that are kept from a time
    /// when tables were small must not read them whole: hence its settings.
    ///
    /// `keep_answers` takes what `issue_users` or `issue_batch` answered: where that did nothing, nothing is kept, and
    /// where a part was refused or another transaction was faster, all of it is undone and the caller decides anew.
    static let refresh = Migration(
        version: 10, name: "refresh",
        sql: """
            CREATE TABLE refresh_key (
                key_number bigint NOT NULL PRIMARY KEY CHECK (key_number = 1),
                sealed bytea NOT NULL CHECK (length(sealed) > 0),
                created_at bigint NOT NULL
            );

            CREATE TABLE grant_refresh (
                grant_id text COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(grant_id) = 36),
                tenant_id text COLLATE "C" NOT NULL REFERENCES tenant,
                user_id text COLLATE "C" NOT NULL,
                api_key_id text COLLATE "C" NOT NULL,
                label text,
                token_life bigint NOT NULL CHECK (token_life >= 1),
                channels text,
                counter bigint NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
                ends_at bigint NOT NULL
            ) WITH (fillfactor = 80);
            CREATE INDEX grant_refresh_by_end ON grant_refresh (ends_at);
            CREATE INDEX grant_refresh_by_user ON grant_refresh (tenant_id, user_id);

            CREATE FUNCTION refresh_grant(
                id text, owner text, born bigint, signed_by text, shown bigint, in_month bigint, in_day bigint, quota bigint, shadow_quota bigint,
                moment bigint, new_end bigint,
                OUT outcome text, OUT next bigint, OUT user_id text, OUT api_key_id text, OUT token_life bigint,
                OUT channels text, OUT label text, OUT name text, OUT image text, OUT custom text
            ) LANGUAGE plpgsql
            SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
            AS $$
            #variable_conflict use_column
            DECLARE
                g grant_refresh;
                u "user";
                counted bigint;
            BEGIN
                outcome = 'ended';
                SELECT * INTO g FROM grant_refresh AS r
                WHERE r.grant_id = id AND r.tenant_id = owner AND r.ends_at > moment FOR UPDATE;
                IF NOT FOUND OR EXISTS (
                    SELECT FROM api_key AS k WHERE k.api_key_id = g.api_key_id AND k.revoked_at IS NOT NULL
                ) THEN
                    RETURN;
                END IF;
                SELECT * INTO u FROM "user" AS s WHERE s.tenant_id = owner AND s.user_id = g.user_id;
                IF NOT FOUND THEN
                    RETURN;
                END IF;
                IF u.deactivated_at IS NOT NULL THEN
                    outcome = 'user_deactivated';
                    RETURN;
                END IF;
                IF EXISTS (
                    SELECT FROM (
                        VALUES ('grant', id), ('user', g.user_id), ('api_key', g.api_key_id), ('label', g.label),
                            ('signing_key', signed_by), ('tenant', ''),
                            ('user_hash', left(encode(sha256(convert_to(owner || '/' || g.user_id, 'UTF8')), 'hex'), 32))
                    ) AS s(kind, subject) JOIN revocation AS v USING (kind, subject)
                    WHERE v.tenant_id = owner AND v.cutoff_at > born
                ) THEN
                    RETURN;
                END IF;
                IF shown < g.counter - 1 OR shown >= 4294967295 THEN
                    outcome = 'reused';
                    user_id = g.user_id;
                    RETURN;
                END IF;
                INSERT INTO issued_month AS m (tenant_id, month, pairs) SELECT owner, in_month, 1 WHERE quota > 0
                ON CONFLICT (tenant_id, month) DO UPDATE SET pairs = m.pairs + 1 WHERE m.pairs < quota
                RETURNING m.pairs INTO counted;
                IF NOT FOUND THEN
                    outcome = 'quota_exceeded';
                    RETURN;
                END IF;
                INSERT INTO issued_day AS d (tenant_id, day, api_key_id, pairs) VALUES (owner, in_day, g.api_key_id, 1)
                ON CONFLICT ON CONSTRAINT issued_day_pkey DO UPDATE SET pairs = d.pairs + 1;
                IF counted > shadow_quota THEN
                    INSERT INTO day_count AS d (tenant_id, day, api_key_id, kind, code, count)
                    VALUES (owner, in_day, '', 'shadow', 'quota', 1)
                    ON CONFLICT ON CONSTRAINT day_count_pkey DO UPDATE SET count = d.count + 1;
                END IF;
                UPDATE grant_refresh AS r SET counter = shown + 1, ends_at = new_end WHERE r.grant_id = id;
                outcome = 'refreshed';
                next = shown + 1;
                user_id = g.user_id;
                api_key_id = g.api_key_id;
                token_life = g.token_life;
                channels = g.channels;
                label = g.label;
                name = u.name;
                image = u.image;
                custom = u.custom;
            END $$;

            CREATE TABLE issue_answer (
                api_key_id text COLLATE "C" NOT NULL,
                key_hash text COLLATE "C" NOT NULL CHECK (length(key_hash) = 64),
                request_hash text COLLATE "C" NOT NULL CHECK (length(request_hash) = 64),
                grant_id text COLLATE "C" NOT NULL CHECK (length(grant_id) = 36),
                sealed bytea NOT NULL CHECK (length(sealed) > 0),
                created_at bigint NOT NULL,
                PRIMARY KEY (api_key_id, key_hash)
            );
            CREATE INDEX issue_answer_by_time ON issue_answer (created_at);

            CREATE FUNCTION keep_answers(
                issued bigint[], keys text[], hashes text[], requests text[], grants text[], sealed bytea[],
                moments bigint[], life bigint
            ) RETURNS bigint[] LANGUAGE plpgsql
            AS $$
            #variable_conflict use_column
            DECLARE
                stored bigint;
            BEGIN
                IF issued[2] = 0 THEN
                    RETURN issued;
                END IF;
                IF cardinality(issued) = 1 THEN
                    INSERT INTO issue_answer AS a (api_key_id, key_hash, request_hash, grant_id, sealed, created_at)
                    SELECT * FROM unnest(keys, hashes, requests, grants, keep_answers.sealed, moments)
                    ON CONFLICT ON CONSTRAINT issue_answer_pkey DO UPDATE SET
                        request_hash = excluded.request_hash, grant_id = excluded.grant_id, sealed = excluded.sealed,
                        created_at = excluded.created_at
                    WHERE a.created_at <= excluded.created_at - life;
                    GET DIAGNOSTICS stored = ROW_COUNT;
                END IF;
                IF stored IS DISTINCT FROM cardinality(hashes) THEN
                    RAISE EXCEPTION 'what was decided is no longer so' USING ERRCODE = 'serialization_failure';
                END IF;
                RETURN issued;
            END $$;
            """)
}
