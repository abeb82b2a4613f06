internal import Domain

extension Connection {
    /// Milliseconds of silence after which a second connection asks what became of this one.
    static let suspicion = 1_000

    /// How long the second connection waits for its answer in seconds, and this one for a last word in milliseconds.
    private static let inquiry = 1.0, lastWord = 200

    /// Whether the server answers others but will do nothing for this session: it closed it and the network did not
    /// tell, or it had nothing to do for it and closed it now.
    ///
    /// Without this question a session of which only our half is left would be given up no sooner than a server that is
    /// slow. What waits on its way must not be carried out once it was given up, and so an idle process is ended.
    /// Behind a pooler nobody knows whose process it is, and the answer is no.
    func isForgotten() -> Bool {
        guard isDirect else { return false }
        do throws(StoreFailure) {
            var second = try Connection.open(address, world: world)
            var isGone = false
            try second.exchange([Self.end(of: processNumber)], patience: Self.inquiry) {
                _, answer throws(StoreFailure) in
                isGone = try answer.row { row throws(StoreFailure) in try row.flag(0) } ?? false
            }
            return isGone && !Socket.wait(for: Socket.readable, on: socket, milliseconds: Self.lastWord)
        } catch {
            // Nobody is answered: that is the server's trouble, not this session's.
            return false
        }
    }

    /// Ends the process if it has nothing to do; the answer is whether it is gone.
    private static func end(of process: Int64) -> Statement {
        Statement(
            """
            SELECT CASE
                WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1) THEN true
                WHEN EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND state = 'idle' AND usename = current_user)
                    THEN pg_terminate_backend($1::int, 300)
                ELSE false
            END
            """,
            .number(process))
    }
}
