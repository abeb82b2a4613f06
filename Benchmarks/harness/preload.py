"""Stores many users before a measurement, the same ones that the load then changes."""

from . import load, measure
from .server import OnPostgres


def users(server, count):
    """Brings `user-0000000` and so on up to that many into the server's database."""
    if isinstance(server, OnPostgres):
        _into_postgres(server, count)
    else:
        _through_http(server, count)
    measure.say(f"  {server.name}: {count:,} users stored")


def _through_http(server, count):
    done = 0
    # A tenth more than asked for: wrk's threads do not keep step, and the slower one has its users too.
    while done < 1.1 * count:
        result = load.tokens(server.ports, server.api_key, 256, 2, count, done)
        if result["non2xx"] or result["errors"]:
            raise SystemExit(f"preload failed: {result}")
        done += result["requests"]


def _into_postgres(server, count):
    """Copies of one user that the server itself stored, by one statement; millions through HTTP would take long."""
    postgres, database = server.postgres, server.database_name()
    model = "user-0000000"
    load.tokens(server.ports, server.api_key, 1, 1, 1)
    columns = postgres.run(
        database, "SELECT attname FROM pg_attribute WHERE attrelid = '\"user\"'::regclass AND attnum > 0"
        " AND NOT attisdropped ORDER BY attnum")
    number = "'user-' || lpad(n::text, 7, '0')"
    values = {"user_id": number, "image": f"replace(image, '{model}', {number})"}
    postgres.run(
        database,
        f"INSERT INTO \"user\" ({', '.join(columns)}) SELECT {', '.join(values.get(name, name) for name in columns)} "
        f"FROM generate_series(0, {count - 1}) AS n, (SELECT * FROM \"user\" WHERE user_id = '{model}') AS model "
        "ON CONFLICT DO NOTHING",
        'VACUUM (ANALYZE) "user"', "CHECKPOINT")
    stored = int(postgres.run(database, 'SELECT count(*) FROM "user" WHERE user_id LIKE \'user-%\'')[0])
    if stored < count:
        raise SystemExit(f"preload stored {stored:,} users of {count:,}")
