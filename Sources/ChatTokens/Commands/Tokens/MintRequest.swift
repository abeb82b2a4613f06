internal import Domain
internal import Tokens
internal import WebAPI

/// What was typed for `token mint`; checked as the `POST /tokens` body that says the same.
struct MintRequest {
    let user: String
    let name: String?
    let image: String?
    let custom: String?
    let expiresIn: Int?
    let channels: [String]

    /// The request, or every complaint at once.
    func checked() throws(ManagementFailure) -> IssueRequest {
        var scanner = JSONScanner()
        let body = body
        do throws(Failure) {
            return try IssueBody.read(body.span, scanner: &scanner)
        } catch {
            switch error {
            case .invalidRequest(_, let fields) where !fields.isEmpty: throw .invalid(fields)
            // Everything but the metadata was written here and is JSON.
            default: throw .invalid([Failure.Field("custom", "must be a JSON object")])
            }
        }
    }

    private var body: [UInt8] {
        var body: [UInt8] = []
        body.append(text: "{\"userId\":")
        body.append(json: user)
        if let name { append("name", JSON(name), to: &body) }
        if let image { append("image", JSON(image), to: &body) }
        if let expiresIn { append("expiresIn", JSON(Int64(expiresIn)), to: &body) }
        if !channels.isEmpty { append("channels", JSON(channels.map { JSON($0) }), to: &body) }
        if let custom { body.append(string: ",\"custom\":\(custom)") }
        body.append(text: "}")
        return body
    }

    private func append(_ name: String, _ value: JSON, to body: inout [UInt8]) {
        body.append(string: ",\"\(name)\":")
        body.append(contentsOf: value.compactBytes())
    }
}
