/// Answers to requests that may come again, as the database keeps them for ``IdempotencyKey/life`` seconds.
package protocol AnswerStorage: Sendable {
    /// Carries out what was not carried out before, and keeps the answers, all in one durable transaction.
    ///
    /// The rules for each command are those of `Storage.issue`. Of several with one key, on whatever node and however
    /// close to one another, one is carried out, unless it is refused; the others get its answer.
    func issue(_ commands: [RepeatableCommand]) throws(StoreFailure) -> [RepeatableOutcome]
    /// Deletes answers that are no longer kept at the moment, at most so many.
    ///
    /// - Returns: how many were, or with `dryRun` would be.
    func pruneAnswers(at moment: Timestamp, limit: Int, dryRun: Bool) throws(StoreFailure) -> Int64
}
