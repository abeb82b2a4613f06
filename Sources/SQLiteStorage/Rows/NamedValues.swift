internal import GRDB

/// Values of columns by the names that statements know them by.
typealias NamedValues = [String: (any DatabaseValueConvertible)?]

extension StatementArguments {
    /// What a row must still hold to be replaced: `:name0` is what `:name` was.
    static func former(_ values: NamedValues) -> StatementArguments {
        StatementArguments(NamedValues(uniqueKeysWithValues: values.map { ("\($0.key)0", $0.value) }))
    }
}
