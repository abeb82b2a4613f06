internal import Domain

/// Why a command could not do what it was asked to.
struct CommandFailure: Error {
    /// For the person who typed the command; one or more sentences.
    let message: String
    /// The exit status.
    let status: Int32

    static let generalStatus: Int32 = 1

    init(_ message: String, status: Int32 = generalStatus) {
        self.message = message
        self.status = status
    }

    init(_ failure: StoreFailure, doing what: String) {
        self.init("\(what) failed: \(failure.sentence)")
    }
}

extension StoreFailure {
    /// What happened, for the operator.
    var sentence: String {
        switch self {
        case .unavailable(let cause): cause
        case .conflict: "it exists already"
        case .missing: "it does not exist"
        case .corrupt(let cause): cause
        }
    }
}
