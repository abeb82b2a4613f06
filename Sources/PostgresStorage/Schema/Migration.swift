internal import Tokens

/// One step of the schema's history: text that, once released, never changes.
struct Migration: Sendable {
    /// Its place in the history, from 1 without gaps.
    let version: Int
    /// What it brings, for people.
    let name: String
    /// The statements.
    let sql: String

    /// SHA-256 of the statements in hex, by which a database tells whether its history is this program's.
    var checksum: String {
        SHA256.digest(sql.utf8.span).bytes.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 0xF, radix: 16)
        }.joined()
    }

    /// The whole history, oldest first; only ever appended to.
    static let all = [
        foundation, issuing, management, audit, keyTerms, users, accounts, plans, revocation, refresh, batches,
        keyBatches,
    ]
}
