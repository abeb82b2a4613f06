package import Tokens

/// `POST /tokens` with an `Idempotency-Key`: the same request again gets the same answer, on every node.
///
/// A batcher of its own: what it costs to look for answers and to keep them is none of the others' business. An answer
/// holds tokens, so that it is sealed under a key that is made for it from the master key and its grant.
package struct IssueOnce: Sendable {
    /// What a client gets.
    package struct Answer: Sendable {
        /// The body.
        package let body: [UInt8]
        /// Whether it is the answer to an earlier request.
        package let isRepeated: Bool
    }

    /// Takes the answer, or why there is none.
    package typealias Reply = @Sendable (Result<Answer, Failure>) -> Void

    private let batcher: Batcher<RepeatableCommand, Result<Answer, Failure>>
    private let vault: Vault

    /// The use case over a database.
    ///
    /// - Parameters:
    ///   - storage: where answers are kept.
    ///   - vault: what seals them.
    ///   - world: the clock.
    ///   - observe: told why a batch was not stored.
    package init(
        storage: any Storage, vault: Vault, world: World,
        observe: @escaping @Sendable (StoreFailure, _ requests: Int) -> Void = { _, _ in }
    ) {
        self.vault = vault
        // Small batches: their tokens are signed before the transaction ends.
        batcher = Batcher(label: "chat-tokens.issue-once", largestBatch: 64, world: world) {
            (commands) throws(StoreFailure) in
            let outcomes = try storage.issue(commands)
            return zip(commands, outcomes).map { command, outcome in Self.answer(to: command, outcome, vault) }
        } observe: { observation in
            if let failure = observation.failure { observe(failure, observation.count) }
        }
    }

    /// Has a command carried out once; the reply is called on `queue`, exactly once.
    ///
    /// - Parameters:
    ///   - command: what is to be done.
    ///   - key: what the client calls it by.
    ///   - request: the SHA-256 of the request's body, by which another request is told from the same.
    ///   - queue: where the reply is wanted.
    ///   - body: makes the answer's body; runs on the thread of the batcher.
    ///   - reply: takes the answer.
    package func submit(
        _ command: IssueCommand, key: IdempotencyKey, request: Digest, replyOn queue: any ReplyQueue,
        body: @escaping @Sendable (User) throws(TokenFailure) -> [UInt8], reply: @escaping Reply
    ) {
        let item = RepeatableCommand(command, key: key, request: request) { [vault] user throws(TokenFailure) in
            try vault.answers(to: key, command.draft.grant).seal(try body(user), for: "answer")
        }
        let isAccepted = batcher.submit(item, replyOn: queue) { result in
            switch result {
            case .success(let answer): reply(answer)
            case .failure: reply(.failure(.storageUnavailable))
            }
        }
        if !isAccepted { reply(.failure(.storageUnavailable)) }
    }

    private static func answer(
        to command: RepeatableCommand, _ outcome: RepeatableOutcome, _ vault: Vault
    ) -> Result<Answer, Failure> {
        switch outcome {
        case .issued(let answer): open(answer, to: command.key, isRepeated: false, vault)
        case .repeated(let answer): open(answer, to: command.key, isRepeated: true, vault)
        case .otherRequest: .failure(.idempotencyKeyReused)
        case .refused(let refusal):
            IssueTokens.settled(refusal, for: command.command).flatMap { _ in .failure(.internalError) }
        }
    }

    private static func open(
        _ answer: KeptAnswer, to key: IdempotencyKey, isRepeated: Bool, _ vault: Vault
    ) -> Result<Answer, Failure> {
        do throws(TokenFailure) {
            let body = try vault.answers(to: key, answer.grant).open(answer.sealed, for: "answer")
            return .success(Answer(body: body, isRepeated: isRepeated))
        } catch {
            return .failure(.internalError)
        }
    }
}

extension Vault {
    /// The vault of one answer: each has a key of its own, so that however many are sealed no two share key and nonce.
    fileprivate func answers(to key: IdempotencyKey, _ grant: Grant.ID) throws(TokenFailure) -> Vault {
        try derived(for: "answer:\(key.apiKey.text):\(key.hash.hex):\(grant)")
    }
}
