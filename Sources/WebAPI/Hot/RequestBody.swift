internal import Domain
internal import Tokens

extension JSONScanner {
    /// Scans a request's body, which must be one JSON object.
    ///
    /// As deep as the scanner goes: what is deeper than its member may be is then refused by the member's name.
    mutating func scanBody(_ body: Span<UInt8>) throws(Failure) {
        do throws(JSONFailure) {
            try scanObject(body, maximumDepth: Self.depthCeiling)
        } catch {
            guard case .objectExpected = error.problem else { throw .invalidJSON(error.description) }
            throw notAnObject(body)
        }
    }

    /// JSON that is no object breaks the contract; what is no JSON at all breaks the grammar.
    private mutating func notAnObject(_ body: Span<UInt8>) -> Failure {
        do throws(JSONFailure) {
            _ = try scanValue(body, maximumDepth: Self.depthCeiling)
        } catch {
            return .invalidJSON(error.description)
        }
        return .invalidRequest("The body must be a JSON object.", [])
    }
}

extension Failure {
    /// What is said of a request whose fields are then listed.
    static let unacceptable = "The request has a field that is not acceptable."
}
