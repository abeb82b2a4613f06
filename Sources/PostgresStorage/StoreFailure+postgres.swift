internal import Domain

extension StoreFailure {
    /// The failure that an error report of the server stands for.
    ///
    /// Messages about data, and details of any, quote stored values: of those only the names of table, column and
    /// constraint are kept.
    init(_ report: ErrorReport) {
        let cause = report.cause
        switch report.state {
        case "23505": self = .conflict
        case "23503": self = .missing
        case "42P01", "42703", "42883": self = .corrupt(cause: cause)
        default:
            switch report.state.prefix(2) {
            case "21", "22", "23": self = .corrupt(cause: cause)
            default: self = .unavailable(cause: cause)
            }
        }
    }
}

/// What the server said of an error, as far as it may be repeated.
struct ErrorReport: Sendable {
    /// The SQLSTATE, five characters; empty where the server said nothing.
    let state: String
    /// The first line of the message.
    let message: String
    /// Table, column and constraint that it concerns.
    let names: [String]

    /// The sentence for the log.
    var cause: String {
        let isAboutData = ["21", "22", "23"].contains(state.prefix(2))
        return (["PostgreSQL \(state)"] + (isAboutData ? names : [message])).joined(separator: ", ")
    }

    /// Whether the session is of no more use: the server goes down, is no longer the one that may be written to, or
    /// has forgotten a statement.
    var endsSession: Bool {
        state.isEmpty || ["08", "57"].contains(state.prefix(2)) && state != "57014"
            || ["25006", "26000"].contains(state)
    }
}
