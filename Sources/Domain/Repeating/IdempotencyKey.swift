package import Tokens

/// What a client calls a request by, so that sending it again has it carried out once (`Idempotency-Key`, as in
/// draft-ietf-httpapi-idempotency-key-header).
///
/// Only hashes are kept, since clients put whatever they like into it.
package struct IdempotencyKey: Sendable, Hashable {
    /// Seconds for which an answer is kept.
    package static let life: Int64 = 600
    /// The longest key in bytes.
    package static let longest = 255

    /// The API key that asks: the keys of two callers never meet.
    package let apiKey: APIKey.ID
    /// The SHA-256 of what the client sent, quotes included.
    package let hash: Digest

    /// The key, or nil where the text is not 1 to 255 printable ASCII characters.
    package init?(_ text: String, of apiKey: APIKey.ID) {
        guard (1...Self.longest).contains(text.utf8.count), text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            return nil
        }
        self.apiKey = apiKey
        hash = SHA256.digest(text.utf8.span)
    }
}

/// An issue command that may be sent again.
package struct RepeatableCommand: Sendable {
    /// What is to be done once.
    package let command: IssueCommand
    /// What the client calls it by.
    package let key: IdempotencyKey
    /// The SHA-256 of the request's body.
    package let request: Digest
    /// Makes the sealed answer from the user as stored; called before the transaction ends, perhaps more than once.
    package let answer: @Sendable (User) throws(TokenFailure) -> [UInt8]

    /// A command with the given fields.
    package init(
        _ command: IssueCommand, key: IdempotencyKey, request: Digest,
        answer: @escaping @Sendable (User) throws(TokenFailure) -> [UInt8]
    ) {
        self.command = command
        self.key = key
        self.request = request
        self.answer = answer
    }

    /// Answers that were made at this moment or before are no longer kept.
    package var end: Timestamp { command.at.adding(seconds: -IdempotencyKey.life) }

    /// The answer to be kept.
    ///
    /// - Throws: `corrupt` where it cannot be signed or sealed, as libcrypto fails.
    package func kept(for user: User) throws(StoreFailure) -> KeptAnswer {
        do throws(TokenFailure) {
            return KeptAnswer(grant: command.draft.grant, sealed: try answer(user))
        } catch {
            throw .corrupt(cause: "an answer cannot be made: \(error)")
        }
    }
}

/// The answer to a request as it is kept.
package struct KeptAnswer: Sendable, Equatable {
    /// The grant that was issued, by which the answer was sealed.
    package let grant: Grant.ID
    /// The answer under a key that only this deployment has.
    package let sealed: [UInt8]

    /// An answer.
    package init(grant: Grant.ID, sealed: [UInt8]) {
        self.grant = grant
        self.sealed = sealed
    }
}

/// What became of a ``RepeatableCommand``.
package enum RepeatableOutcome: Sendable, Equatable {
    /// It was carried out now.
    case issued(KeptAnswer)
    /// It was carried out before, with this answer; nothing changed.
    case repeated(KeptAnswer)
    /// The client has used the key for another request; nothing changed.
    case otherRequest
    /// It was refused, which is not kept; nothing changed.
    case refused(IssueOutcome)
}
