internal import Domain
internal import Tokens

extension Row {
    /// The column's number, or nil where it is NULL.
    func optionalNumber(_ column: Int) throws(StoreFailure) -> Int64? {
        isNull(column) ? nil : try number(column)
    }

    /// The column's text, or nil where it is NULL.
    func optionalText(_ column: Int) throws(StoreFailure) -> String? {
        isNull(column) ? nil : try text(column)
    }

    /// The column's bytes, or nil where it is NULL.
    func optionalBytes(_ column: Int) throws(StoreFailure) -> [UInt8]? {
        isNull(column) ? nil : try bytes(column)
    }

    /// The column's 32 bytes as a SHA-256.
    func digest(_ column: Int) throws(StoreFailure) -> Digest {
        let bytes = try bytes(column)
        guard let digest = Digest(bytes.span) else {
            throw .corrupt(cause: "column \(name(column)) breaks its rules")
        }
        return digest
    }

    /// The column's moment.
    func moment(_ column: Int) throws(StoreFailure) -> Timestamp {
        Timestamp(milliseconds: try number(column))
    }
}
